import type { Mono } from '../../core/time/moment.ts'
import type { Endpoint } from '../../toolbox/operations/arguments.ts'
import type { Upkeep } from '../shared/containers/upkeep.ts'
import type { DescriptorReading, DescriptorsSeen, ProbeSeen } from './judge.ts'

/** What this process knows of one fault beyond its plan. */
export interface Exhaustion {
  readonly address: Endpoint
  readonly before: readonly ProbeSeen[]
  lowered: DescriptorsSeen['lowered']
  readonly readings: DescriptorReading[]
  readonly probes: ProbeSeen[]
  readonly floods: string[]
  opened: number
  old: DescriptorsSeen['old']
  witnesses: number
  /** Most that were open, by a look and by the answers on what was opened right after it. */
  reached: number
  fromMs: Mono
  targetEnded: boolean
  upkeeps: readonly Upkeep[]
}
