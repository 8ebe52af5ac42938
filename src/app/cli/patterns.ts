/** Flags of the commands that take load patterns to an address. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { LOAD_MODELS } from '../../core/load.ts'
import { PROFILES } from '../../core/model.ts'
import { parseAddress } from '../load/address.ts'
import { collectList } from './common.ts'
import type { AskedAddressLoad } from '../load/request.ts'
import type { AddressLoadRequest } from '../load/run.ts'

export interface PatternFlags extends Omit<AskedAddressLoad, 'variables' | 'thresholds'> {
  variable?: string[]
  threshold?: string[]
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

export async function requestOf(command: string, flags: PatternFlags): Promise<AddressLoadRequest> {
  const { addressLoadRequestOf } = await import('./work.ts')
  return addressLoadRequestOf(command, { ...flags, variables: flags.variable, thresholds: flags.threshold })
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
