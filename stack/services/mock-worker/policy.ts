/** What a worker does when it is short of something. This is all that a defect can change of it. */
import type { Defect } from '../shared/defects.ts'

export interface WorkerPolicy {
  /** When a request needs more device memory than is free. */
  readonly whenVramShort: 'refuse' | 'take-it-all-the-same'
}

export function workerPolicy(defects: ReadonlySet<Defect>): WorkerPolicy {
  return { whenVramShort: defects.has('ignores-vram') ? 'take-it-all-the-same' : 'refuse' }
}
