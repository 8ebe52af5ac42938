/** What a person types to see the same again. */
import { join } from 'node:path'
import type { ProfileName } from '../core/model.ts'
import { actionRoot } from './paths.ts'
import type { RunRequest } from './run/request.ts'

/** `seed`: as it was drawn. `stackFile`: of the descriptor that was read. */
export function repeatCommandFor(request: RunRequest, seed: number, stackFile: string): (id: string) => string {
  const own = join(actionRoot(), 'stack', 'stack.json')
  const { load } = request
  const rest = [
    `--profile ${request.profile}`,
    `--seed ${String(seed)}`,
    ...(stackFile === own ? [] : [`--stack ${quoted(request.stackFile)}`]),
    ...request.scenarioGlobs.map((glob) => `--scenarios ${quoted(glob)}`),
    ...request.defects.map((defect) => `--defect ${defect}`),
    ...load.thresholds.map((text) => `--threshold ${quoted(text)}`),
    ...(load.model === null ? [] : [`--load-model ${load.model}`]),
    ...(request.underLoad === null ? [] : [`--under-load ${quoted(request.underLoad)}`]),
    ...(load.k6Path === null ? [] : [`--k6-path ${quoted(load.k6Path)}`]),
  ]
  return (id) => ['node dist/cli/index.js run', `--only ${id}`, ...rest].join(' ')
}

export interface AddressFlags {
  readonly url: string
  readonly profile: ProfileName
  readonly scripts?: readonly string[] | undefined
  readonly variable?: readonly string[] | undefined
  readonly threshold?: readonly string[] | undefined
  readonly loadModel?: string | null | undefined
  readonly k6Path?: string | null | undefined
}

/** Of a load on an address. `command`: what to repeat. */
export function addressRepeatCommand(command: string, flags: AddressFlags, id: string): string {
  const { loadModel = null, k6Path = null } = flags
  return [
    `node dist/cli/index.js ${command} --url ${quoted(flags.url)} --only ${id} --profile ${flags.profile}`,
    ...(flags.scripts ?? []).map((folder) => `--scripts ${quoted(folder)}`),
    ...(flags.variable ?? []).map((name) => `--variable ${name}`),
    ...(flags.threshold ?? []).map((text) => `--threshold ${quoted(text)}`),
    ...(loadModel === null ? [] : [`--load-model ${loadModel}`]),
    ...(k6Path === null ? [] : [`--k6-path ${quoted(k6Path)}`]),
  ].join(' ')
}

/** For a shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
