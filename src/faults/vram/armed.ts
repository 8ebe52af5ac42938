import type { ArmedFault } from '../../kinds/fault.ts'

/** GPU memory that is or will be taken, by whatever means. */
export interface ArmedVram extends ArmedFault {
  /** Ends what keeps the memory taken from this process; what holds it goes with its helper. */
  release(): Promise<void>
  /** Pid, in the host's namespace, of our own program on the GPU that this helper was given; null where there is none. */
  holderPid(helper: string): number | null
}
