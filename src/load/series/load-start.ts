/**
 * When a load began: with the first iteration of its users, not with k6's first sample. setup() may take a minute, and what
 * it sends is no load; the first answer may be a long time in coming. Pure.
 */
/** k6 tells its users once a second, from when it begins to get them ready (emitVUsAndVUsMax of its scheduler). */
const TICK_US = 1_000_000
/** More than k6 makes before it has told its users once: with these the start is taken as it looks by then. */
const MOST_EARLY = 20_000
/** Trends of ms whose samples are taken at the end of what they measure. */
const DURATIONS = new Set(['iteration_duration', 'http_req_duration', 'grpc_req_duration'])

/**
 * Whose sample it is: of setup() or teardown(), k6's count of its users, or of the load. `at_once`: the plan has users from its
 * first moment on. `at_a_rate`: it begins with iterations that come at a rate, so that the first may take a while. `later`: it
 * begins with nobody.
 */
export type Phase = 'setup' | 'teardown' | 'users' | 'load'
export type Begins = 'at_once' | 'at_a_rate' | 'later'

export interface EarlyRow {
  readonly metric: string
  readonly phase: Phase
  readonly timeUs: number
  readonly value: number
}

export class LoadStart<Row extends EarlyRow> {
  /** What came before the start was known, in its order; it is of the load as well. */
  readonly early: Row[] = []
  private readonly begins: Begins
  private setupUs: number | null = null
  private firstTickUs: number | null = null
  /** The last time that nobody was at work yet. */
  private idleUs: number | null = null
  private hasUsers = false
  private hasIterated = false

  constructor(begins: Begins) {
    this.begins = begins
  }

  /** Gives the start, µs since the epoch, as soon as it is known; until then null. */
  add(row: Row): number | null {
    if (row.phase === 'setup') {
      this.setupUs = Math.max(this.setupUs ?? 0, row.timeUs)
      return null
    }
    this.early.push(row)
    if (row.phase === 'users') this.tick(row)
    else this.hasIterated = true
    const isUnderWay = this.hasIterated || this.hasUsers
    const isKnown = isUnderWay && (this.setupUs !== null || this.firstTickUs !== null)
    return isKnown || this.early.length >= MOST_EARLY ? this.settled() : null
  }

  /** Gives what is the most likely by what has come; null of nothing. */
  settled(): number | null {
    if (this.setupUs !== null) return this.setupUs
    const readyUs = this.firstTickUs === null ? null : this.firstTickUs - TICK_US
    const notBeforeUs = this.begins === 'later' ? readyUs : (this.idleUs ?? readyUs)
    const firstUs = this.begins === 'at_once' || notBeforeUs === null ? this.firstIterationUs() : null
    if (notBeforeUs === null || firstUs === null) return notBeforeUs ?? firstUs
    return Math.max(notBeforeUs, firstUs)
  }

  private tick({ metric, timeUs, value }: Row): void {
    if (metric !== 'vus') return
    this.firstTickUs ??= timeUs
    if (value > 0) this.hasUsers = true
    else if (!this.hasIterated) this.idleUs = timeUs
  }

  private firstIterationUs(): number | null {
    const load = this.early.filter(({ phase }) => phase === 'load')
    const begun = load.map(({ metric, timeUs, value }) => (DURATIONS.has(metric) ? timeUs - value * 1_000 : timeUs))
    return begun.length === 0 ? null : begun.reduce((first, each) => Math.min(first, each))
  }
}
