/** An answer about a series, added up second by second. */
import { ChaosError } from '../../core/errors.ts'
import { percentile } from '../../core/statistics.ts'
import { CellTally } from './cell.ts'
import type { SeriesSecond } from './data.ts'
import type { GroupFinder } from './group-finder.ts'
import { IN_FLIGHT } from './metrics.ts'
import type { SampleAggregate, SeriesQuestion } from './questions.ts'

export interface Tally<T> {
  add(second: SeriesSecond): void
  answer(): T
}

/** The seconds that the question is about are for whoever adds them. @throws ChaosError BAD_INPUT for a tag that was not recorded. */
export function tallyOf(
  finder: GroupFinder,
  { metric, filter }: Pick<Required<SeriesQuestion>, 'metric' | 'filter'>,
): Tally<SampleAggregate | null> {
  if (metric !== IN_FLIGHT) {
    const places = finder.find(metric, filter)
    const sum = new CellTally()
    return {
      add({ cells }) {
        for (const place of places) {
          const cell = cells.get(place)
          if (cell !== undefined) sum.add(cell)
        }
      },
      answer: () => sum.aggregate(metric, finder.typeOf(metric)),
    }
  }
  if (Object.keys(filter).length > 0) throw new ChaosError('BAD_INPUT', `${IN_FLIGHT} is of all requests, and has no tags`)
  const means: number[] = []
  return {
    add({ inFlight }) {
      means.push(inFlight)
    },
    answer: () => inFlightOf(means),
  }
}

/** Makes the answer of a sample for each second: its mean. */
function inFlightOf(seconds: readonly number[]): SampleAggregate | null {
  const last = seconds.at(-1)
  if (last === undefined) return null
  return {
    ...{ type: 'trend', count: seconds.length, last, nonZero: seconds.filter((value) => value > 0).length },
    ...{ sum: seconds.reduce((sum, value) => sum + value, 0), min: Math.min(...seconds), max: Math.max(...seconds) },
    percentile: (percent) => percentile(seconds, percent),
  }
}
