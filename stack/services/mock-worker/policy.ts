/** What a worker does when it is short of something. This is all that a defect can change of it. */
import type { Defect } from '../shared/defects.ts'

export interface WorkerPolicy {
  /** When a request needs more device memory than is free. */
  readonly whenVramShort: 'refuse' | 'refuse-and-keep-it' | 'take-it-all-the-same'
}

export function workerPolicy(defects: ReadonlySet<Defect>): WorkerPolicy {
  if (defects.has('ignores-vram')) return { whenVramShort: 'take-it-all-the-same' }
  return { whenVramShort: defects.has('keeps-memory-of-the-refused') ? 'refuse-and-keep-it' : 'refuse' }
}
