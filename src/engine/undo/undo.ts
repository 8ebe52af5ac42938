/**
 * The one way in which faults are undone: by the scenario that injected them, by the post step, and by `cleanup` from what a
 * dead run wrote. Newest first on each target, targets side by side, each within a limit; then the proof that it is gone.
 */
import { ChaosError, describeError } from '../../core/errors.ts'
import type { FaultKind, Undo, UndoRecord } from '../../kinds/fault.ts'
import type { UndoContext } from '../../kinds/context.ts'
import { withDeadline } from '../../core/time/wait.ts'

/** A fault that is open in the ledger. */
export interface OpenFault {
  readonly undo: Undo
  /** Takes it off the ledger. */
  close(): Promise<void>
  /** It was taken back, which a look has to confirm yet. */
  reverted: boolean
}

/** What the ledger holds, as the kind that wrote it can undo it. @throws LEDGER_FAILED where it cannot, which is then not executed. */
export function readBack(kinds: ReadonlyMap<string, FaultKind>, { kind, version, plan }: UndoRecord): Undo {
  const fault = kinds.get(kind)
  if (fault === undefined)
    throw new ChaosError('LEDGER_FAILED', `the ledger names the unknown fault kind ${kind}, which is not executed`)
  return fault.readBack(version, plan)
}

/**
 * @param open oldest first.
 * @returns what could not be taken back, a line each; a second call does nothing for what the first one has.
 */
export async function revertAll(open: readonly OpenFault[], ctx: UndoContext, limitMs: number): Promise<string[]> {
  const tails = new Map<string, Promise<void>>()
  const failures: string[] = []
  const all = open.toReversed().map((fault) => {
    const before = fault.undo.targets.flatMap((target) => tails.get(target) ?? [])
    const own = Promise.all(before).then(() => revertOne(fault, ctx, limitMs, failures))
    for (const target of fault.undo.targets) tails.set(target, own)
    return own
  })
  await Promise.all(all)
  return failures
}

async function revertOne(fault: OpenFault, ctx: UndoContext, limitMs: number, failures: string[]): Promise<void> {
  if (fault.reverted) return
  const { kind, targets } = fault.undo
  try {
    const revert = (signal: AbortSignal): Promise<void> => fault.undo.revert({ ...ctx, signal })
    await withDeadline(`reverting ${kind}`, limitMs, ctx.signal, revert, ctx.clock)
    fault.reverted = true
  } catch (error) {
    failures.push(`${kind} on ${targets.join(', ')}: ${describeError(error, 500)}`)
  }
}

/**
 * Looks for what is left, and takes off the ledger what was reverted and is proven to be gone.
 * @throws when one could not be looked for; the others are looked for all the same.
 */
export async function leftoversOf(open: readonly OpenFault[], ctx: UndoContext): Promise<string[]> {
  const looks = open.map(async (fault) => {
    const left = await fault.undo.leftovers(ctx)
    if (left.length === 0 && fault.reverted) await fault.close()
    return left
  })
  await Promise.allSettled(looks)
  return (await Promise.all(looks)).flat()
}
