import type { ToolboxAvoidable } from '../core/toolbox.ts'
import type { Lease } from './lease.ts'
import type { ObjectNames } from './net/names.ts'
import type { TcpCounters } from './net/tcp-counters.ts'
import type { UndoStack } from './undo-stack.ts'

/** What the operations of one helper share. */
export interface HelperState {
  readonly names: ObjectNames
  readonly undo: UndoStack
  readonly avoid: ReadonlySet<ToolboxAvoidable>
}

/** The one process of a helper, as the operations see it that it runs. */
export interface Helper extends HelperState {
  readonly lease: Lease
  /** Counters of the network namespace when this process started. */
  readonly tcpAtStart: TcpCounters
  /** What operations of one family keep between calls: made at the first of them, and the same one ever after. */
  get<State extends object>(Family: new (state: HelperState) => State): State
}

export function createHelper(own: Omit<Helper, 'get'>): Helper {
  const states = new Map<unknown, object>()
  return {
    ...own,
    get(Family) {
      const known = states.get(Family)
      if (known instanceof Family) return known
      const made = new Family(own)
      states.set(Family, made)
      return made
    },
  }
}
