/** Secrets that containers of a run were started with: another process has no other way to know them. */
import type Dockerode from 'dockerode'
import { secretValuesOf } from '../../redaction/secret-names.ts'
import { inspectOfRun, stackContainers } from './containers.ts'

/** Values of variables that are secret by their names. A container that goes meanwhile has none. */
export async function secretsOfContainers(docker: Dockerode, runId: string, signal: AbortSignal): Promise<string[]> {
  const found = await stackContainers(docker, { runId }, [], signal)
  const infos = await Promise.all(found.map(({ Id }) => inspectOfRun(docker, runId, Id, signal)))
  const values = infos.flatMap((info) => secretValuesOf(variablesOf(info?.Config.Env ?? [])))
  return [...new Set(values)]
}

function variablesOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}
