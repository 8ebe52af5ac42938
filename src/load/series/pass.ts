/** A series that goes by: each second is looked at once, and forgotten when nobody needs it any more. */
import type { Wall } from '../../core/time/moment.ts'
import { ChaosError } from '../../core/errors.ts'
import { addErrors, type SeriesHead, type SeriesSecond, type StoredSeries } from './data.ts'
import { GroupFinder } from './group-finder.ts'
import {
  questionText,
  type Later,
  type PassingSecond,
  type PassingSeries,
  type SampleAggregate,
  type SeriesQuestion,
} from './questions.ts'
import { RecentSeconds } from './recent-seconds.ts'
import { tallyOf, type Tally } from './tally.ts'

/** Seconds count that begin in [fromMs, toMs). */
interface TallyOfStretch {
  readonly fromMs: number
  readonly toMs: number
  readonly tally: Tally<unknown>
}

interface Watcher {
  readonly recent: RecentSeconds
  readonly look: (passing: PassingSecond) => void
}

/** Asks a whole series, in one pass. `judge` says what it wants to know, and makes the answer of it afterwards. */
export async function passBy<T>(series: StoredSeries, judge: (passing: PassingSeries) => Later<T>): Promise<T> {
  const pass = new SeriesPass(series.head)
  const answer = judge(pass)
  for await (const second of series.seconds()) pass.take(second)
  pass.end()
  return answer()
}

export class SeriesPass implements PassingSeries {
  readonly startWallMs: Wall
  readonly seconds: number
  readonly late: number
  readonly outside: number
  readonly metrics: PassingSeries['metrics']
  private readonly finder: GroupFinder
  private readonly tallies: TallyOfStretch[] = []
  /** One for all who ask the same. */
  private readonly samples = new Map<string, Tally<SampleAggregate | null>>()
  private readonly watchers: Watcher[] = []
  /** By their width. */
  private readonly recents = new Map<number, RecentSeconds>()
  private readonly vus: readonly number[]
  private isOver = false

  constructor(head: SeriesHead) {
    this.startWallMs = head.startWallMs
    this.seconds = head.seconds
    this.late = head.late
    this.outside = head.outside
    this.finder = new GroupFinder(head)
    this.metrics = this.finder.metrics()
    this.vus = this.finder.find('vus', {})
  }

  ask({ metric, filter = {}, fromMs = 0, toMs = Infinity }: SeriesQuestion): Later<SampleAggregate | null> {
    const key = questionText({ metric, filter, fromMs, toMs })
    let tally = this.samples.get(key)
    if (tally === undefined) {
      tally = tallyOf(this.finder, { metric, filter })
      this.samples.set(key, tally)
      this.tallies.push({ fromMs, toMs, tally })
    }
    return this.later(tally)
  }

  errors(fromMs = 0, toMs = Infinity): Later<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {}
    const tally: Tally<Readonly<Record<string, number>>> = {
      add({ errors }) {
        addErrors(counts, errors)
      },
      answer: () => counts,
    }
    this.tallies.push({ fromMs, toMs, tally })
    return this.later(tally)
  }

  watch(width: number, look: (passing: PassingSecond) => void): void {
    let recent = this.recents.get(width)
    if (recent === undefined) {
      recent = new RecentSeconds(this.finder, width)
      this.recents.set(width, recent)
    }
    this.watchers.push({ recent, look })
  }

  /** Takes the seconds, in their order. */
  take(second: SeriesSecond): void {
    const atMs = second.second * 1_000
    for (const { fromMs, toMs, tally } of this.tallies) if (atMs >= fromMs && atMs < toMs) tally.add(second)
    for (const recent of this.recents.values()) recent.add(second)
    const users = this.usersIn(second)
    for (const { recent, look } of this.watchers)
      look({ second: second.second, inFlight: second.inFlight, users, seconds: recent })
  }

  /** Ends the pass: the series has gone by, and answers may be had. */
  end(): void {
    this.isOver = true
  }

  private usersIn({ cells }: SeriesSecond): number | null {
    const here = this.vus.map((place) => cells.get(place)).filter((cell) => cell !== undefined)
    return here.length === 0 ? null : here.reduce((sum, { last }) => sum + last, 0)
  }

  private later<T>(tally: Tally<T>): Later<T> {
    return () => {
      if (this.isOver) return tally.answer()
      throw new ChaosError('INTERNAL', 'a series was asked before it had gone by')
    }
  }
}
