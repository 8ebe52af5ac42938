/** Samples of the seconds that are not over, by metric, scenario and outcome, or by a filter that a threshold asks for. */
import { ChaosError } from '../../core/errors.ts'
import { OpenCell, type Cell } from './cell.ts'
import type { RowTags } from './csv/row.ts'
import { MOST_GROUPS, type GroupKey } from './data.ts'
import { filterText, type TagFilter } from './questions.ts'

/** Percentiles of these are shown whether a threshold names them or not. */
const ALWAYS_HISTOGRAMS = ['http_req_duration', 'grpc_req_duration', 'task_duration']

export interface OpenGroup {
  readonly key: GroupKey
  readonly hasHistogram: boolean
  readonly open: Map<number, OpenCell>
  /** The one of `open` that had the last sample. */
  latest: { readonly second: number; readonly cell: OpenCell } | null
}

interface Placed {
  readonly outcome: string
  readonly cell: Cell
}

export class OpenGroups {
  private readonly histograms: ReadonlySet<string>
  private readonly all = new Map<string, OpenGroup>()
  private readonly filtered: ReadonlyMap<string, readonly OpenGroup[]>

  /** `percentiles`: of which trends they are wanted. */
  constructor(filters: readonly { readonly metric: string; readonly filter: TagFilter }[], percentiles: readonly string[]) {
    this.histograms = new Set([...ALWAYS_HISTOGRAMS, ...percentiles])
    const filtered = filters.map(({ metric, filter }) => {
      const group = this.newGroup({ metric, scenario: '', outcome: '', filter })
      this.all.set(`${metric}${filterText(filter)}`, group)
      return group
    })
    this.filtered = Map.groupBy(filtered, ({ key }) => key.metric)
  }

  /** In the order of their places in a series. */
  keys(): GroupKey[] {
    return [...this.all.values()].map(({ key }) => key)
  }

  /** @throws ChaosError LOAD_FAILED for more than can be kept. */
  of(metric: string, scenario: string, outcome: string): OpenGroup {
    const name = `${metric}\0${scenario}\0${outcome}`
    const found = this.all.get(name)
    if (found !== undefined) return found
    if (this.all.size >= MOST_GROUPS)
      throw new ChaosError('LOAD_FAILED', `the script makes more than ${MOST_GROUPS} groups of metric, scenario and outcome`, {
        hint: 'The tag outcome may only be served, rejected or failed.',
      })
    const group = this.newGroup({ metric, scenario, outcome, filter: null })
    this.all.set(name, group)
    return group
  }

  /** Those of filters that samples with these tags meet. */
  metBy(metric: string, tags: RowTags, outcome: string): OpenGroup[] {
    return (this.filtered.get(metric) ?? []).filter(({ key }) => meets(tags, key.filter ?? {}, outcome))
  }

  /** Cells of one second by the places of their groups. */
  cellsAt(second: number): Map<number, Cell> {
    const cells = new Map<number, Cell>()
    for (const [place, { open }] of [...this.all.values()].entries()) {
      const cell = open.get(second)
      if (cell !== undefined) cells.set(place, cell.close())
    }
    return cells
  }

  /** Cells of one metric, whatever its scenario, of the seconds from `from` up to `to`, the latter left out. */
  between(metric: string, from: number, to: number): Placed[] {
    const own = [...this.all.values()].filter(({ key }) => key.metric === metric && key.filter === null)
    return own.flatMap(({ key, open }) =>
      [...open]
        .filter(([second]) => second >= from && second < to)
        .map(([, cell]) => ({ outcome: key.outcome, cell: cell.close() })),
    )
  }

  forget(second: number): void {
    for (const { open } of this.all.values()) open.delete(second)
  }

  private newGroup(key: GroupKey): OpenGroup {
    return { key, hasHistogram: this.histograms.has(key.metric), open: new Map(), latest: null }
  }
}

export function cellOf(group: OpenGroup, second: number): OpenCell {
  if (group.latest?.second === second) return group.latest.cell
  const cell = group.open.get(second) ?? new OpenCell(group.hasHistogram)
  group.open.set(second, cell)
  group.latest = { second, cell }
  return cell
}

function meets(tags: RowTags, filter: TagFilter, outcome: string): boolean {
  for (const tag in filter) {
    if ((tag === 'outcome' ? outcome : tags.get(tag)) !== filter[tag]) return false
  }
  return true
}
