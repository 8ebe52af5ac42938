/** Logs of a run that died before it could write them itself, while its containers are still there. */
import { systemClock } from '../../core/time/clock.ts'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { EPOCH, isoTime } from '../../core/time/moment.ts'
import { describeError } from '../../core/errors.ts'
import type { ContainerPort, ContainerState, LogLine } from '../../ports/docker.ts'
import type { ArtifactPort } from '../../ports/files.ts'
import { MOST_RESULT_BYTES } from '../../files/result/size.ts'
import { Redaction } from '../../redaction/redaction.ts'
import { secretValuesOf } from '../../redaction/secret-names.ts'
import { isAborted } from '../../core/time/wait.ts'
import { secretsOfContainers } from '../../stack/docker/container-secrets.ts'
import { createContainers } from '../../stack/docker/containers.ts'
import type { DockerClient } from '../../stack/docker/client.ts'
import { fileArtifacts } from '../files.ts'

const LEFTOVER_LOGS_FOLDER = 'logs/interrupted'
/** The newest of each container, and all together. */
const BYTES_PER_CONTAINER = 256 * 1024
const BYTES_IN_ALL = 8 * 1024 * 1024
const COLLECT_LIMIT_MS = 30_000

interface LeftoverLogsOptions {
  readonly docker: DockerClient
  readonly outDir: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Writes one file for each service below `logs/interrupted`, unless the run has left its own result: then it has its logs.
 * @returns the files, relative to the results folder. @throws when containers could not be listed, or nothing be written.
 */
export async function collectLeftoverLogs(
  { docker, outDir, env }: LeftoverLogsOptions,
  runId: string,
  outer: AbortSignal,
): Promise<string[]> {
  if (await hasResultOf(outDir, runId)) return []
  const signal = AbortSignal.any([outer, AbortSignal.timeout(COLLECT_LIMIT_MS)])
  const redaction = new Redaction([...secretValuesOf(env), ...(await secretsOfContainers(docker, runId, signal))])
  const containers = createContainers({ docker, runId, feed: null })
  return writeLogs(containers, fileArtifacts(outDir, redaction.text), signal)
}

/** A folder that is used again holds the result of an older run until there is a newer one. */
export async function hasResultOf(outDir: string, runId: string): Promise<boolean> {
  try {
    const file = join(outDir, 'result.json')
    if ((await stat(file)).size > MOST_RESULT_BYTES) return false
    const result = JSON.parse(await readFile(file, 'utf8')) as { run?: { id?: unknown } }
    return result.run?.id === runId
  } catch {
    return false
  }
}

async function writeLogs(containers: ContainerPort, artifacts: ArtifactPort, signal: AbortSignal): Promise<string[]> {
  const byService = Map.groupBy(await containers.all(signal), ({ service }) => service)
  const files: string[] = []
  let left = BYTES_IN_ALL
  for (const [service, own] of [...byService].sort(([a], [b]) => a.localeCompare(b))) {
    const lines: string[] = []
    for (const container of own) {
      const maxBytes = Math.min(BYTES_PER_CONTAINER, left)
      const texts = await linesOf(containers, container, maxBytes, signal)
      left -= texts.reduce((bytes, text) => bytes + Buffer.byteLength(text) + 1, 0)
      lines.push(...texts)
      left = Math.max(0, left)
    }
    if (lines.length === 0) continue
    files.push(await artifacts.write(`${LEFTOVER_LOGS_FOLDER}/${fileName(service)}.log`, `${lines.sort().join('\n')}\n`))
  }
  return files
}

/** One container that does not answer keeps no other's log back. */
async function linesOf(
  containers: ContainerPort,
  { id, name }: ContainerState,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string[]> {
  const untilWallMs = systemClock.wallMs()
  const note = (text: string): LogLine => ({ atMs: untilWallMs, stream: 'stderr', text: `[${text}]` })
  let lines: LogLine[]
  if (maxBytes === 0) lines = [note(`left out: the logs before it have used up ${BYTES_IN_ALL} bytes`)]
  else if (isAborted(signal)) lines = [note(`left out: the time for logs was up`)]
  else
    lines = await containers
      .logs(id, { sinceWallMs: EPOCH, untilWallMs, maxBytes }, signal)
      .catch((error: unknown) => [note(`could not be read: ${describeError(error, 200)}`)])
  return lines.map((line) => `${isoTime(line.atMs)} ${name} ${line.text}`)
}

/** Of a label, which somebody else may have put on. */
function fileName(service: string): string {
  return (
    service
      .replace(/[^\w.-]/g, '_')
      .replace(/^\.+/, '_')
      .slice(0, 100) || 'unnamed'
  )
}
