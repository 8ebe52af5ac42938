import { readFile } from 'node:fs/promises'
import { TOOLBOX_AVOIDABLE } from '../core/toolbox.ts'
import type { ToolboxAvoidable } from '../core/toolbox.ts'
import type { ObjectNames } from './net/names.ts'
import type { UndoStack } from './undo-stack.ts'

/** What the operations of one helper share. */
export interface HelperState {
  readonly names: ObjectNames
  readonly undo: UndoStack
  readonly avoid: ReadonlySet<ToolboxAvoidable>
}

/** @throws Error for a word that is not a mechanism: a misspelt one would be used after all. */
export function parseAvoid(value: string | undefined): ReadonlySet<ToolboxAvoidable> {
  const words = (value ?? '').split(',').filter((word) => word !== '')
  return new Set(
    words.map((word) => {
      const known = TOOLBOX_AVOIDABLE.find((name) => name === word)
      if (known === undefined) throw new Error(`cannot avoid '${word}': known are ${TOOLBOX_AVOIDABLE.join(', ')}`)
      return known
    }),
  )
}

const CAP_NET_ADMIN = 12n

/** Whether this process may change, or even list, the firewall of its network namespace. */
export async function hasNetAdmin(): Promise<boolean> {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1]
  if (effective === undefined) throw new Error('/proc/self/status names no capabilities')
  return ((BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) === 1n
}

/** @throws Error when the helper was started without NET_ADMIN. */
export async function requireNetAdmin(what: string): Promise<void> {
  if (!(await hasNetAdmin())) throw new Error(`${what} needs the capability NET_ADMIN, which this helper was started without`)
}
