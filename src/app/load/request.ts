/** What a front end asks of a load on an address, with what is usual where it asks nothing. */
import { resolve } from 'node:path'
import type { ProfileName } from '../../core/model.ts'
import { loadDescriptor } from '../../files/stack/file.ts'
import { ownStackFile, stateDir } from '../paths.ts'
import { quoted } from '../repeat-command.ts'
import { choosePatterns } from '../run/plan.ts'
import { loadRequestOf, type AskedLoad } from '../run/request.ts'
import { newRunId } from '../run/outcome.ts'
import { parseAddress } from './address.ts'
import type { AddressLoadRequest } from './run.ts'

/** Paths are as they were written, from the working directory. */
export interface AskedAddressLoad extends AskedLoad {
  readonly url: string
  readonly profile: ProfileName
  /** Folders of k6 scripts; none takes the action's own. */
  readonly scripts?: readonly string[]
  readonly only?: readonly string[]
  /** Names of variables of our environment, which are set. */
  readonly variables?: readonly string[] | undefined
  readonly out: string
}

/** `command`: what a person repeats. @throws BAD_INPUT for what is no address, and for patterns that are not there. */
export function addressLoadRequestOf(command: string, asked: AskedAddressLoad): AddressLoadRequest {
  const { profile, scripts = [], only = [], variables = [] } = asked
  const folders = scripts.length === 0 ? loadDescriptor(ownStackFile()).loadFolders : scripts.map((folder) => resolve(folder))
  return {
    address: parseAddress(asked.url),
    patterns: choosePatterns(folders, only, profile),
    profile,
    load: loadRequestOf(asked),
    variables: Object.fromEntries(variables.map((name) => [name, process.env[name] ?? ''])),
    outDir: resolve(asked.out),
    stateDir: stateDir(process.env),
    runId: newRunId(),
    repeatCommand: (id) => addressRepeatCommand(command, asked, id),
  }
}

function addressRepeatCommand(command: string, asked: AskedAddressLoad, id: string): string {
  const { url, profile, scripts = [], variables = [], thresholds = [], loadModel = null, k6Path = null } = asked
  return [
    `node dist/cli/index.js ${command} --url ${quoted(url)} --only ${id} --profile ${profile}`,
    ...scripts.map((folder) => `--scripts ${quoted(folder)}`),
    ...variables.map((name) => `--variable ${name}`),
    ...thresholds.map((text) => `--threshold ${quoted(text)}`),
    ...(loadModel === null ? [] : [`--load-model ${loadModel}`]),
    ...(k6Path === null ? [] : [`--k6-path ${quoted(k6Path)}`]),
  ].join(' ')
}
