/** What becomes of a question, and how many there were. */
import { answerWith, comparable, RCODES, readQuestion } from './packet.ts'

export interface DnsCounters {
  /** Questions that came. */
  readonly questions: number
  /** Those of them that the fault did something to. */
  readonly broken: number
  /** Those of the broken ones that were not asked by this helper's own resolver. */
  readonly others: number
}

export const DNS_MODES = ['refused', 'dropped', 'nxdomain', 'slow'] as const
type DnsMode = (typeof DNS_MODES)[number]

/** `answer`: instead of the nameserver's. `ask`: so long after it came, ms. */
export type Fate =
  | { readonly does: 'answer'; readonly answer: Buffer }
  | { readonly does: 'ask'; readonly afterMs: number }
  | null

interface Meddling {
  readonly mode: DnsMode
  /** null: all names. */
  readonly names: readonly string[] | null
  readonly delayMs: number
}

const UNTOUCHED: Fate = { does: 'ask', afterMs: 0 }

/** Questions of our own resolver that are under way. */
export class OwnQuestions {
  private readonly expected = new Set<{ readonly name: string }>()

  /** `ask` sends one question for the name. */
  async during<T>(host: string, ask: () => Promise<T>): Promise<T> {
    const question = { name: comparable(host) }
    this.expected.add(question)
    try {
      return await ask()
    } finally {
      this.expected.delete(question)
    }
  }

  /** True for one that is expected. A stranger's for the same name may take its place; ours then counts as the stranger's. */
  take(name: string): boolean {
    const question = [...this.expected].find((one) => one.name === name)
    return question !== undefined && this.expected.delete(question)
  }
}

/** Decides and counts. */
export class Questions {
  private readonly meddling: Meddling
  private readonly names: ReadonlySet<string> | null
  private readonly own: OwnQuestions
  private counters: DnsCounters = { questions: 0, broken: 0, others: 0 }

  constructor(meddling: Meddling, own: OwnQuestions) {
    this.meddling = meddling
    this.names = meddling.names === null ? null : new Set(meddling.names.map(comparable))
    this.own = own
  }

  read(): DnsCounters {
    return this.counters
  }

  /** null: there is to be no answer. */
  fateOf(packet: Buffer): Fate {
    const question = readQuestion(packet)
    const isOwn = question !== null && this.own.take(question.name)
    const isBroken = question !== null && (this.names?.has(question.name) ?? true)
    const { questions, broken, others } = this.counters
    this.counters = {
      questions: questions + 1,
      broken: broken + (isBroken ? 1 : 0),
      others: others + (isBroken && !isOwn ? 1 : 0),
    }
    if (!isBroken) return UNTOUCHED
    const { mode, delayMs } = this.meddling
    if (mode === 'dropped') return null
    if (mode === 'slow') return { does: 'ask', afterMs: delayMs }
    return { does: 'answer', answer: answerWith(RCODES[mode], packet, question) }
  }
}
