/** The newest seconds of a series that goes by. */
import { ChaosError } from '../../core/errors.ts'
import { percentile } from '../../core/statistics.ts'
import { aggregateOf, type Cell } from './cell.ts'
import type { SeriesSecond } from './data.ts'
import { addErrors } from './error-counts.ts'
import type { GroupFinder } from './group-finder.ts'
import { IN_FLIGHT } from './metrics.ts'
import { filterText, type AskableSeconds, type SampleAggregate, type SeriesQuestion, type TagFilter } from './questions.ts'

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
      answer = this.answerTo({ metric, filter, fromMs, toMs })
      this.answers.set(key, answer)
    }
    return answer
  }

  errors(fromMs?: number, toMs?: number): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { errors } of this.between(fromMs, toMs)) addErrors(counts, errors)
    return counts
  }

  private answerTo({ metric, filter, fromMs, toMs }: Required<SeriesQuestion>): SampleAggregate | null {
    const seconds = this.between(fromMs, toMs)
    if (metric === IN_FLIGHT) {
      refuseTags(filter)
      return inFlightOf(seconds.map(({ inFlight }) => inFlight))
    }
    const places = this.finder.find(metric, filter)
    const cells: Cell[] = []
    for (const { cells: all } of seconds) {
      for (const place of places) {
        const cell = all.get(place)
        if (cell !== undefined) cells.push(cell)
      }
    }
    return cells.length === 0 ? null : aggregateOf(metric, this.finder.typeOf(metric), cells)
  }

  /** @throws ChaosError INTERNAL for seconds that are forgotten: an answer without them would be a wrong one. */
  private between(fromMs = 0, toMs = Infinity): SeriesSecond[] {
    if (Math.ceil(fromMs / 1_000) < this.knownFrom)
      throw new ChaosError('INTERNAL', `second ${String(Math.ceil(fromMs / 1_000))} of a series is forgotten already`)
    return this.seconds.filter(({ second }) => second * 1_000 >= fromMs && second * 1_000 < toMs)
  }
}

/** Makes a key that is the same for the same question. */
export function questionText({ metric, filter, fromMs, toMs }: Required<SeriesQuestion>): string {
  return `${metric}${filterText(filter)} ${String(fromMs)} ${String(toMs)}`
}

/** @throws ChaosError BAD_INPUT for a limit of requests under way that speaks of a part of them. */
export function refuseTags(filter: TagFilter): void {
  if (Object.keys(filter).length > 0) throw new ChaosError('BAD_INPUT', `${IN_FLIGHT} is of all requests, and has no tags`)
}

/** Makes the answer of a sample for each second: its mean. */
export function inFlightOf(seconds: readonly number[]): SampleAggregate | null {
  const last = seconds.at(-1)
  if (last === undefined) return null
  return {
    ...{ type: 'trend', count: seconds.length, last, nonZero: seconds.filter((value) => value > 0).length },
    ...{ sum: seconds.reduce((sum, value) => sum + value, 0), min: Math.min(...seconds), max: Math.max(...seconds) },
    percentile: (percent) => percentile(seconds, percent),
  }
}
