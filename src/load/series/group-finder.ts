/** Which groups of a series a question is about. */
import { ChaosError } from '../../core/errors.ts'
import type { GroupKey, SeriesHead } from './data.ts'
import { filterText, type MetricType, type TagFilter } from './questions.ts'

interface Placed {
  readonly place: number
  readonly key: GroupKey
}

export class GroupFinder {
  private readonly types: SeriesHead['types']
  private readonly byMetric: ReadonlyMap<string, readonly Placed[]>

  constructor({ groups, types }: Pick<SeriesHead, 'groups' | 'types'>) {
    this.types = types
    const placed = groups.map((key, place): Placed => ({ place, key }))
    this.byMetric = Map.groupBy(placed, ({ key }) => key.metric)
  }

  typeOf(metric: string): MetricType {
    return this.types[metric] ?? 'trend'
  }

  /** Lists the metrics that had samples: a filter that a threshold asked for has a group, whether any sample met it or not. */
  metrics(): { readonly name: string; readonly type: MetricType }[] {
    return [...this.byMetric]
      .filter(([, groups]) => groups.some(({ key }) => key.filter === null))
      .map(([name]) => ({ name, type: this.typeOf(name) }))
  }

  /** Finds their places in the head, in its order. @throws ChaosError BAD_INPUT for a tag that was not recorded. */
  find(metric: string, filter: TagFilter): readonly number[] {
    const groups = this.byMetric.get(metric) ?? []
    const { scenario, outcome, ...others } = filter
    if (Object.keys(others).length === 0) {
      const fits = (wanted: string | undefined, tag: string): boolean => wanted === undefined || wanted === tag
      return groups
        .filter(({ key }) => key.filter === null && fits(scenario, key.scenario) && fits(outcome, key.outcome))
        .map(({ place }) => place)
    }
    const text = filterText(filter)
    const recorded = groups.filter(({ key }) => key.filter !== null && filterText(key.filter) === text)
    // A filter that no sample met has a group without cells: only one that nobody asked for has none.
    if (recorded.length > 0) return recorded.map(({ place }) => place)
    throw new ChaosError('BAD_INPUT', `${metric}${text} was not recorded`)
  }
}
