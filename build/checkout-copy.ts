import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'

/** What the action has on a user's runner and reads there; no sources of ours, no node_modules. */
const PARTS = ['action.yml', 'dist', 'stack', 'scenarios', 'schema']

/** Copies them to `target`, which must lie outside the repository, or Node would find the repository's node_modules. */
export function copyCheckout(repository: string, target: string): void {
  for (const part of PARTS) {
    const from = join(repository, part)
    if (existsSync(from)) cpSync(from, join(target, part), { recursive: true, filter: (path) => !path.endsWith('.ts') })
  }
}
