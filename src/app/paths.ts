import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ChaosError } from '../core/errors.ts'

/** The folder with stack/, scenarios/ and dist/: found upwards from this file, which may be a bundle or a source. */
export function actionRoot(from: string = dirname(fileURLToPath(import.meta.url))): string {
  let folder = from
  for (let depth = 0; depth < 6; depth += 1) {
    if (existsSync(join(folder, 'stack', 'stack.json')) && existsSync(join(folder, 'scenarios'))) return folder
    folder = dirname(folder)
  }
  throw new ChaosError('INTERNAL', `no stack/stack.json and scenarios/ above ${from}`, {
    hint: 'Use the bundle from a whole checkout of the action: it reads stack/ and scenarios/ beside dist/.',
  })
}

/**
 * Undo records of live and dead runs: CHAOS_STATE_DIR, else RUNNER_TEMP on Actions, else the XDG state folder. A self-hosted
 * runner empties RUNNER_TEMP between jobs, and would with it forget what a job before this one left on its machine.
 */
export function stateDir(env: Readonly<Record<string, string | undefined>>): string {
  const own = env['CHAOS_STATE_DIR'] ?? ''
  if (own !== '') return own
  const runnerTemp = env['RUNNER_TEMP'] ?? ''
  if (env['GITHUB_ACTIONS'] === 'true' && env['RUNNER_ENVIRONMENT'] !== 'self-hosted' && runnerTemp !== '')
    return join(runnerTemp, 'chaos-action')
  const xdg = env['XDG_STATE_HOME'] ?? ''
  return join(xdg === '' ? join(homedir(), '.local', 'state') : xdg, 'chaos-action')
}

/** Descriptor of the stack that is taken when none is named. */
export function ownStackFile(): string {
  return join(actionRoot(), 'stack', 'stack.json')
}
