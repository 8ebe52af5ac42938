/** What is asked of a helper about itself. */
import { defineOperation } from '../define-operation.ts'
import type { Helper } from '../helper.ts'
import { findLeftovers, sweepOwn } from '../net/leftovers.ts'
import { none } from './arguments.ts'

export const helperOperations = [
  /** What of ours is in this namespace now: nft tables, qdiscs. Empty after an undo. */
  defineOperation({ name: 'leftovers', args: none, limitMs: 0, run: async () => ({ found: await findLeftovers() }) }),
  defineOperation({
    name: 'undo',
    args: none,
    limitMs: 0,
    run: async (_, { undo, names }: Helper) => ({ undone: [...(await undo.undoAll()), ...(await sweepOwn(names))] }),
  }),
  /** Extends the lease; without one the helper undoes everything and exits. */
  defineOperation({ name: 'renew', args: none, limitMs: 0, run: (_, { lease }: Helper) => lease.renew() }),
] as const
