/** Flags of the commands that take load patterns to an address. */
import { join, resolve } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { LOAD_MODELS, type LoadPattern } from '../../core/load.ts'
import { PROFILES, type ProfileName } from '../../core/model.ts'
import { parseAddress } from '../load/address.ts'
import { collectList } from './common.ts'
import type { AddressLoadRequest } from '../load/run.ts'
import { actionRoot, stateDir } from '../paths.ts'
import { addressRepeatCommand } from '../repeat-command.ts'

export interface PatternFlags {
  url: string
  scripts?: string[]
  only?: string[]
  profile: ProfileName
  variable?: string[]
  threshold?: string[]
  loadModel?: LoadPattern['model']
  k6Path?: string
  out: string
}

export function addPatternOptions(command: Command): void {
  command
    .requiredOption('--url <address>', 'of the system; scripts find it as BASE_URL', parseUrl)
    .option('--scripts <folders...>', "folders of k6 scripts; the action's own patterns when left out")
    .option('--only <ids>', 'ids and patterns, such as LT-001 or LT-*', collectList)
    .addOption(new Option('--profile <name>', 'smoke, quick or full (as written)').choices([...PROFILES]).default('quick'))
    .option('--variable <names...>', 'of your environment, for the scripts; values are starred out of all that is written', names)
    .option('--threshold <limits...>', 'limit of load patterns, such as "http_req_duration p95 < 300 ms"')
    .addOption(new Option('--load-model <name>', 'closed or open, whatever patterns say').choices(LOAD_MODELS))
    .option('--k6-path <file>', 'a k6 of this machine (1 or 2) instead of its container')
    .option('--out <dir>', 'where all that is written goes', 'results/latest')
}

/** `command`: what to repeat. */
export async function requestOf(command: string, flags: PatternFlags): Promise<AddressLoadRequest> {
  const { choosePatterns, loadDescriptor, newRunId } = await import('./work.ts')
  const own = join(actionRoot(), 'stack', 'stack.json')
  const folders = flags.scripts?.map((folder) => resolve(folder)) ?? loadDescriptor(own).loadFolders
  const only = flags.only ?? []
  return {
    address: flags.url,
    patterns: choosePatterns(folders, only, flags.profile),
    profile: flags.profile,
    load: {
      thresholds: flags.threshold ?? [],
      model: flags.loadModel ?? null,
      k6Path: flags.k6Path === undefined ? null : resolve(flags.k6Path),
    },
    variables: Object.fromEntries((flags.variable ?? []).map((name) => [name, process.env[name] ?? ''])),
    outDir: resolve(flags.out),
    stateDir: stateDir(process.env),
    runId: newRunId(),
    repeatCommand: (id) => addressRepeatCommand(command, flags, id),
  }
}

function parseUrl(text: string): string {
  try {
    return parseAddress(text)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : String(error))
  }
}

/** Names, never values: those would stand in the list of processes. One that is not set is a mistake. */
function names(text: string, before: readonly string[] = []): string[] {
  const given = collectList(text)
  const wrong = given.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  if (wrong !== undefined) throw new InvalidArgumentError(`${wrong.split('=', 1)[0] ?? ''}: a name is expected, without a value.`)
  const unset = given.find((name) => process.env[name] === undefined)
  if (unset !== undefined) throw new InvalidArgumentError(`${unset} is not set in the environment.`)
  return [...before, ...given]
}
