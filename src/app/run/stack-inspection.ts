/** What a stack that nobody has reviewed may ask of this machine, and what it asks for. */
import { join, resolve } from 'node:path'
import type { AllowKind } from '../../untrusted/allow-untrusted.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import { ChaosError } from '../../core/errors.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { Logger } from '../../ports/reporter.ts'
import type { Redaction } from '../../redaction/redaction.ts'
import type { MergedStack } from '../../stack/compose/compose.ts'
import { findDangers, findDescriptorDangers, notAllowed, openPorts, type Danger } from '../../untrusted/dangers.ts'
import { secretsInCompose } from '../../stack/compose/secrets.ts'
import { realPath } from '../../untrusted/real-path.ts'
import type { BringUpOptions } from '../../stack/stack.ts'
import { actionRoot } from '../paths.ts'
import type { RunRequest } from './request.ts'
import type { RunUi } from './ui.ts'

const MOST_SHOWN = 20

export interface Inspection {
  readonly descriptor: Descriptor
  readonly allow: ReadonlySet<AllowKind>
  /** Of load patterns: the folder of each is mounted into k6's container. */
  readonly scripts: readonly string[]
  /** A k6 of this machine, which reads what the machine's user can read; null: in a container. */
  readonly k6Path: string | null
  readonly log: Logger
  readonly env: Readonly<Record<string, string | undefined>>
}

/** For `bringUp`. The descriptor is looked at here and now. @throws BAD_INPUT that lists what is not allowed. */
export function inspectionOf({ descriptor, allow, scripts, k6Path, log, env }: Inspection): (stack: MergedStack) => void {
  const workspace = env['GITHUB_WORKSPACE'] ?? ''
  const options = {
    workspace: workspace === '' ? resolve('.') : workspace,
    allowedRoots: ['stack', 'dist', 'scenarios'].map((folder) => join(actionRoot(), folder)),
    realpath: realPath,
  }
  refuse(notAllowed([...k6Dangers(k6Path), ...findDescriptorDangers(descriptor, scripts, options)], allow))
  let hasWarned = false
  return ({ config, asWritten }) => {
    refuse(notAllowed(findDangers(config, { ...options, asWritten }), allow))
    if (!hasWarned) for (const text of openPorts(config)) log.log('warn', text)
    hasWarned = true
  }
}

/** Called by `bringUp`. @throws BAD_INPUT for a descriptor that may not be used. */
export function stackHooks(run: {
  readonly request: Pick<RunRequest, 'untrusted' | 'load'>
  readonly descriptor: Descriptor
  readonly patterns: readonly LoadPattern[]
  readonly underLoad: LoadPattern | null
  readonly redaction: Redaction
  readonly ui: Pick<RunUi, 'log' | 'env'>
}): Pick<BringUpOptions, 'inspect' | 'onConfig'> {
  const { request, descriptor, patterns, underLoad, redaction, ui } = run
  const { untrusted: allow, load } = request
  const onConfig = (config: unknown): void => {
    redaction.add(secretsInCompose(config))
  }
  if (allow === null) return { onConfig }
  const { log, env } = ui
  const scripts = [...patterns, ...(underLoad === null ? [] : [underLoad])].map(({ script }) => script)
  return { onConfig, inspect: inspectionOf({ descriptor, allow, scripts, k6Path: load.k6Path, log, env }) }
}

/** Its scripts are of the same people as the stack, and have all files that k6 has. */
function k6Dangers(k6Path: string | null): Danger[] {
  if (k6Path === null) return []
  const why = 'scripts read what the runner’s user can read, and may send it anywhere'
  return [{ service: null, key: 'k6-path', what: k6Path, why, allow: 'host-program' }]
}

function refuse(dangers: readonly Danger[]): void {
  if (dangers.length === 0) return
  const lines = dangers.slice(0, MOST_SHOWN).map(({ key, what, why, allow }) => `${key} (${what}): ${why} [${allow}]`)
  const more = dangers.length > MOST_SHOWN ? `; and ${dangers.length - MOST_SHOWN} more` : ''
  const kinds = [...new Set(dangers.map(({ allow }) => allow))].join(',')
  throw new ChaosError(
    'BAD_INPUT',
    `the stack comes from untrusted code and reaches beyond its containers: ${lines.join('; ')}${more}`,
    {
      hint: `Nothing was built or started. If all of this may be, set allow-untrusted to ${kinds}, beside what it names already.`,
    },
  )
}
