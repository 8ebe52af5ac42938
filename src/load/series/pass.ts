/** A series that goes by: each second is looked at once, and forgotten when nobody needs it any more. */
import type { Wall } from '../../core/time/moment.ts'
import { ChaosError } from '../../core/errors.ts'
import { CellTally } from './cell.ts'
import type { SeriesHead, SeriesSecond, StoredSeries } from './data.ts'
import { addErrors } from './error-counts.ts'
import { GroupFinder } from './group-finder.ts'
import { IN_FLIGHT } from './metrics.ts'
import type { Later, MetricType, PassingSecond, PassingSeries, SampleAggregate, SeriesQuestion } from './questions.ts'
import { inFlightOf, questionText, RecentSeconds, refuseTags } from './recent-seconds.ts'

/** What is asked of a stretch. */
interface Tally<T> {
  /** Seconds, the last one excluded. */
  readonly from: number
  readonly to: number
  add(second: SeriesSecond): void
  answer(): T
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
  readonly metrics: readonly { readonly name: string; readonly type: MetricType }[]
  private readonly finder: GroupFinder
  private readonly tallies: Tally<unknown>[] = []
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
    this.finder = new GroupFinder(head)
    this.metrics = this.finder.metrics()
    this.vus = this.finder.find('vus', {})
  }

  ask({ metric, filter = {}, fromMs = 0, toMs = Infinity }: SeriesQuestion): Later<SampleAggregate | null> {
    const key = questionText({ metric, filter, fromMs, toMs })
    let tally = this.samples.get(key)
    if (tally === undefined) {
      tally = metric === IN_FLIGHT ? inFlightTally({ filter, fromMs, toMs }) : this.cellTally({ metric, filter, fromMs, toMs })
      this.samples.set(key, tally)
      this.tallies.push(tally)
    }
    return this.later(tally)
  }

  errors(fromMs = 0, toMs = Infinity): Later<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {}
    const tally: Tally<Readonly<Record<string, number>>> = {
      ...stretchOf(fromMs, toMs),
      add: ({ errors }) => {
        addErrors(counts, errors)
      },
      answer: () => counts,
    }
    this.tallies.push(tally)
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
    for (const tally of this.tallies) if (second.second >= tally.from && second.second < tally.to) tally.add(second)
    for (const recent of this.recents.values()) recent.add(second)
    const users = this.usersIn(second)
    for (const { recent, look } of this.watchers)
      look({ second: second.second, inFlight: second.inFlight, users, seconds: recent })
  }

  /** Ends the pass: the series has gone by, and answers may be had. */
  end(): void {
    this.isOver = true
  }

  private cellTally({ metric, filter, fromMs, toMs }: Required<SeriesQuestion>): Tally<SampleAggregate | null> {
    const places = this.finder.find(metric, filter)
    const sum = new CellTally()
    return {
      ...stretchOf(fromMs, toMs),
      add: ({ cells }) => {
        for (const place of places) {
          const cell = cells.get(place)
          if (cell !== undefined) sum.add(cell)
        }
      },
      answer: () => sum.aggregate(metric, this.finder.typeOf(metric)),
    }
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

function inFlightTally({ filter, fromMs, toMs }: Required<Omit<SeriesQuestion, 'metric'>>): Tally<SampleAggregate | null> {
  refuseTags(filter)
  const means: number[] = []
  return {
    ...stretchOf(fromMs, toMs),
    add: ({ inFlight }) => {
      means.push(inFlight)
    },
    answer: () => inFlightOf(means),
  }
}

/** Seconds count that begin in [fromMs, toMs). */
function stretchOf(fromMs: number, toMs: number): { readonly from: number; readonly to: number } {
  return { from: Math.ceil(fromMs / 1_000), to: Math.ceil(toMs / 1_000) }
}
