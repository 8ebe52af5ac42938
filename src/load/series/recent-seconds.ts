/** The newest seconds of a series that goes by. */
import { ChaosError } from '../../core/errors.ts'
import { addErrors, type SeriesSecond } from './data.ts'
import type { GroupFinder } from './group-finder.ts'
import { questionText, type AskableSeconds, type SampleAggregate, type SeriesQuestion } from './questions.ts'
import { tallyOf } from './tally.ts'

export class RecentSeconds implements AskableSeconds {
  private readonly finder: GroupFinder
  private readonly most: number
  private readonly seconds: SeriesSecond[] = []
  /** Until the next second comes: several ask the same. */
  private readonly answers = new Map<string, SampleAggregate | null>()
  /** What came before it is not known any more. */
  private knownFrom = 0

  /** `most`: how many seconds are kept. */
  constructor(finder: GroupFinder, most: number) {
    this.finder = finder
    this.most = most
  }

  add(second: SeriesSecond): void {
    this.answers.clear()
    this.seconds.push(second)
    while (this.seconds.length > this.most) {
      this.seconds.shift()
      this.knownFrom = this.seconds[0]?.second ?? second.second
    }
  }

  ask({ metric, filter = {}, fromMs = 0, toMs = Infinity }: SeriesQuestion): SampleAggregate | null {
    const key = questionText({ metric, filter, fromMs, toMs })
    let answer = this.answers.get(key)
    if (answer === undefined) {
      const tally = tallyOf(this.finder, { metric, filter })
      for (const second of this.between(fromMs, toMs)) tally.add(second)
      answer = tally.answer()
      this.answers.set(key, answer)
    }
    return answer
  }

  errors(fromMs?: number, toMs?: number): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { errors } of this.between(fromMs, toMs)) addErrors(counts, errors)
    return counts
  }

  /** @throws ChaosError INTERNAL for seconds that are forgotten: an answer without them would be a wrong one. */
  private between(fromMs = 0, toMs = Infinity): SeriesSecond[] {
    if (Math.ceil(fromMs / 1_000) < this.knownFrom)
      throw new ChaosError('INTERNAL', `second ${Math.ceil(fromMs / 1_000)} of a series is forgotten already`)
    return this.seconds.filter(({ second }) => second * 1_000 >= fromMs && second * 1_000 < toMs)
  }
}
