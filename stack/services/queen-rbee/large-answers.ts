/** For whoever does nothing else while a large answer is passed on. */
import type { BodySink, Headers } from './attempt.ts'
import type { UpstreamPolicy } from './policy.ts'

const LARGE_BYTES = 32 * 1024

export class LargeAnswers {
  readonly #policy: UpstreamPolicy['besideLargeAnswers']
  #underWay = 0
  #waiting: (() => void)[] = []

  constructor(policy: UpstreamPolicy['besideLargeAnswers']) {
    this.#policy = policy
  }

  /** Resolves when an attempt may begin. */
  async passed(): Promise<void> {
    while (this.#policy === 'wait' && this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
  }

  /** The same sink; a large answer is under way until it has its end. */
  watch(headers: Headers, sink: BodySink): BodySink {
    if (!(Number(headers['content-length']) > LARGE_BYTES)) return sink
    this.#underWay += 1
    return {
      data: (chunk) => sink.data(chunk),
      end: () => {
        this.#over()
        sink.end()
      },
      cut: (error) => {
        this.#over()
        sink.cut(error)
      },
    }
  }

  #over(): void {
    this.#underWay -= 1
    for (const goOn of this.#waiting.splice(0)) goOn()
  }
}
