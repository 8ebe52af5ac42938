/** What a person types to see the same again. */
import { ownStackFile } from './paths.ts'
import type { RunRequest } from './run/request.ts'

/** `seed`: as it was drawn. `stackFile`: of the descriptor that was read. */
export function repeatCommandFor(request: RunRequest, seed: number, stackFile: string): (id: string) => string {
  const { load } = request
  const rest = [
    `--profile ${request.profile}`,
    `--seed ${seed}`,
    ...(stackFile === ownStackFile() ? [] : [`--stack ${quoted(request.stackFile)}`]),
    ...request.scenarioGlobs.map((glob) => `--scenarios ${quoted(glob)}`),
    ...request.defects.map((defect) => `--defect ${defect}`),
    ...load.thresholds.map((text) => `--threshold ${quoted(text)}`),
    ...(load.model === null ? [] : [`--load-model ${load.model}`]),
    ...(request.underLoad === null ? [] : [`--under-load ${quoted(request.underLoad)}`]),
    ...(load.k6Path === null ? [] : [`--k6-path ${quoted(load.k6Path)}`]),
  ]
  return (id) => ['node dist/cli/index.js run', `--only ${id}`, ...rest].join(' ')
}

/** For a shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
