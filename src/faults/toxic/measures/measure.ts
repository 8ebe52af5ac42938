import type { FaultContext } from '../../../kinds/context.ts'
import type { LinkAccess } from '../../shared/access.ts'
import { joinJudgements, type Judgement } from '../../shared/evidence.ts'
import type { ToxiproxyToxicName } from '../toxics.ts'

export const DIRECTIONS = ['upstream', 'downstream'] as const
export type Direction = (typeof DIRECTIONS)[number]

/** One toxic on one link, as its measure sees it. */
export interface ToxicOnLink {
  readonly access: LinkAccess
  readonly toxic: ToxiproxyToxicName
  readonly attributes: Readonly<Record<string, number>>
  readonly streams: readonly Direction[]
  readonly toxicity: number
  /** Name for connections that are held over the injection. */
  readonly holdId: string
  /** A helper in the proxy's network namespace that counts our packets on its two sides; null where none is needed. */
  readonly marker: { readonly helper: string; readonly intoPort: number; readonly outOfPort: number } | null
}

/** Takes the baseline before the fault, and answers with what judges the change while it bites. */
export type Measure = (on: ToxicOnLink, ctx: FaultContext) => Promise<Judge>
export type Judge = (ctx: FaultContext) => Promise<Judgement>

/** An attribute that the entry may leave out, which then is 0 for toxiproxy too. */
export function attributeOf(on: ToxicOnLink, name: string): number {
  return on.attributes[name] ?? 0
}

/** Measures each direction by itself, the baselines one after the other, and judges them together. */
export async function measureEach({ streams }: ToxicOnLink, measure: (direction: Direction) => Promise<Judge>): Promise<Judge> {
  const judges: Judge[] = []
  for (const direction of streams) judges.push(await measure(direction))
  return async (during) => joinJudgements(await Promise.all(judges.map((judge) => judge(during))))
}
