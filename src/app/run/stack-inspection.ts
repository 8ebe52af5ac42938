/** What a stack that nobody has reviewed may ask of this machine, and what it asks for. */
import { join, resolve, sep } from 'node:path'
import type { AllowKind } from '../../untrusted/allow-untrusted.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import { ChaosError } from '../../core/errors.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { Logger } from '../../ports/reporter.ts'
import type { Redaction } from '../../redaction/redaction.ts'
import type { MergedStack } from '../../stack/compose/compose.ts'
import { childEnv } from '../../stack/programs/child-env.ts'
import type { Danger } from '../../untrusted/danger.ts'
import { findDangers, notAllowed, openPorts } from '../../untrusted/dangers.ts'
import { findDescriptorDangers } from '../../untrusted/descriptor.ts'
import { gitFolders } from '../../untrusted/git-folders.ts'
import type { DangerOptions } from '../../untrusted/ground.ts'
import { plainFile } from '../../untrusted/plain-file.ts'
import { secretsInCompose } from '../../stack/compose/secrets.ts'
import { realPath } from '../../untrusted/real-path.ts'
import type { Reread } from '../../untrusted/reread.ts'
import { usedRanges } from '../../untrusted/used-ranges.ts'
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
  /** Where results are written: no container's to read or write. */
  readonly outDir: string
  readonly log: Logger
  readonly env: Readonly<Record<string, string | undefined>>
}

/** For `bringUp`. The descriptor is looked at here and now. @throws BAD_INPUT that lists what is not allowed. */
export function inspectionOf(inspection: Inspection): (stack: MergedStack) => void {
  const { descriptor, allow, scripts, k6Path, log } = inspection
  const options = optionsOf(inspection)
  const reread = rereadOf(inspection)
  refuse(notAllowed([...k6Dangers(k6Path), ...findDescriptorDangers(descriptor, scripts, options)], allow))
  let hasWarned = false
  return ({ config, asWritten }) => {
    // Anew each time: what the machine uses changes while other stacks come and go.
    refuse(notAllowed(findDangers(config, { ...options, usedRanges: usedRanges(), asWritten, reread }), allow))
    if (!hasWarned) for (const text of openPorts(config)) log.log('warn', text)
    hasWarned = true
  }
}

function optionsOf({ outDir, env }: Inspection): DangerOptions {
  const named = env['GITHUB_WORKSPACE'] ?? ''
  const workspace = resolve(named === '' ? '.' : named)
  const root = actionRoot()
  // An action that is tested in its own repository is the workspace, and not in it.
  const isOwnTest = workspace === root || workspace.startsWith(`${root}${sep}`)
  return {
    workspace,
    allowedRoots: ['stack', 'dist', 'scenarios'].map((folder) => join(root, folder)),
    kept: [outDir, ...(isOwnTest ? [] : [root])],
    withheld: withheldFrom(env),
    usedRanges: usedRanges(),
    realpath: realPath,
    gitFolders,
    plainFile,
  }
}

/** Contexts are built again for each stack, and the folders of scripts are mounted for each pattern. */
function rereadOf({ descriptor, scripts }: Inspection): Reread[] {
  return [
    ...descriptor.images.map(({ context }, index): Reread => ({
      key: `images[${index}].context`,
      path: context,
      allow: 'build',
    })),
    ...scripts.map((script): Reread => ({ key: 'load', path: script, allow: 'mount' })),
  ]
}

/** Public on every runner, and the same for all who ask. */
const PUBLIC = /^(CI|LANG|LC_[A-Z]+|TZ|TERM|GITHUB_\w+|RUNNER_\w+)$/

/**
 * Variables of the job that a build could ask for by name alone, also when the descriptor lists them: it is a stranger's. The
 * runner's own never reach one: there it is without a value.
 */
function withheldFrom(env: Inspection['env']): Map<string, string> {
  const all = Object.entries(childEnv(env, { declared: new Set(Object.keys(env)) }))
  return new Map(all.filter(([name]) => !PUBLIC.test(name)))
}

/** Called by `bringUp`. @throws BAD_INPUT for a descriptor that may not be used. */
export function stackHooks(run: {
  readonly request: Pick<RunRequest, 'untrusted' | 'load' | 'outDir'>
  readonly descriptor: Descriptor
  readonly patterns: readonly LoadPattern[]
  readonly underLoad: LoadPattern | null
  readonly redaction: Redaction
  readonly ui: Pick<RunUi, 'log' | 'env'>
}): Pick<BringUpOptions, 'inspect' | 'onConfig'> {
  const { request, descriptor, patterns, underLoad, redaction, ui } = run
  const { untrusted: allow, load, outDir } = request
  const onConfig = (config: unknown): void => {
    redaction.add(secretsInCompose(config))
  }
  if (allow === null) return { onConfig }
  const { log, env } = ui
  const scripts = [...patterns, ...(underLoad === null ? [] : [underLoad])].map(({ script }) => script)
  return { onConfig, inspect: inspectionOf({ descriptor, allow, scripts, k6Path: load.k6Path, outDir, log, env }) }
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
