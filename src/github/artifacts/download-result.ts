/**
 * The results of another workflow run, for `report`. That run may have been a fork's: names, archives and results are
 * whatever a stranger wanted them to be.
 */
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ChaosError, describeError, isChaosError } from '../../core/errors.ts'
import type { RunResult } from '../../core/result/run.ts'
import { withDeadline } from '../../core/time/wait.ts'
import { readAll } from '../client/answers.ts'
import { parseArtifactName } from './names.ts'
import { downloadBounded } from './download-bounded.ts'
import type { Github } from '../client/octokit.ts'
import { readZipEntry, type ZipLimits } from './zip-entry.ts'

export interface ResultSource {
  readonly owner: string
  readonly repo: string
  /** Of the run that has the artifacts. */
  readonly runId: number
  /** The input artifact-name of that run: its artifacts' names begin with it. */
  readonly base: string
}

export interface DownloadOptions {
  /** Of the result's text; `file` is for messages. @throws BAD_INPUT for another version, shape or depth. */
  readonly parse: (text: string, file: string) => RunResult
  /** Where archives may lie meanwhile: RUNNER_TEMP. */
  readonly tempDir: string
  readonly limits?: Partial<DownloadLimits>
  readonly signal: AbortSignal
}

export interface DownloadLimits {
  /** As it comes, packed. */
  readonly archiveBytes: number
  readonly zip: ZipLimits
  /** Scenarios and load patterns together. */
  readonly entries: number
  readonly jobs: number
  /** Of one job, ms. */
  readonly limitMs: number
  /** Before a download that broke is tried again, ms. */
  readonly pauseMs: number
}

/** More than any upload of ours has: `ARTIFACT_LIMITS`. */
export const DOWNLOAD_LIMITS: DownloadLimits = {
  archiveBytes: 256 * 1024 ** 2,
  zip: { entries: 6_000, entryBytes: 16 * 1024 ** 2, totalBytes: 512 * 1024 ** 2, folders: 8 },
  entries: 1_000,
  jobs: 64,
  limitMs: 120_000,
  pauseMs: 1_000,
}

export type JobResult = {
  readonly artifact: string
  /** `matrixSlug` of the job's matrix; '' without one. */
  readonly slug: string
  readonly attempt: number
} & ({ readonly result: RunResult } | { readonly error: ChaosError })

export interface DownloadedResults {
  /** By slug; one for each job, of its latest attempt. None when the run has no such artifact. */
  readonly jobs: readonly JobResult[]
  /** Names of artifacts that were not looked at, as there are too many. */
  readonly leftOut: readonly string[]
}

const RESULT_FILE = 'result.json'
const ARTIFACT = z.object({
  id: z.int().positive(),
  name: z.string(),
  size_in_bytes: z.number(),
  expired: z.boolean(),
  digest: z.string().nullish(),
})
type Listed = z.infer<typeof ARTIFACT>
type Candidate = Listed & { readonly slug: string; readonly attempt: number }

/**
 * A job whose artifact is refused has an error in the place of its result, and the others are read all the same.
 * @throws what octokit throws when the list cannot be read.
 */
export async function downloadResults(
  github: Github,
  source: ResultSource,
  options: DownloadOptions,
): Promise<DownloadedResults> {
  const limits = { ...DOWNLOAD_LIMITS, ...options.limits }
  const candidates = latestAttempts(await listArtifacts(github, source), source.base)
  await mkdir(options.tempDir, { recursive: true })
  const folder = await mkdtemp(join(options.tempDir, 'chaos-results-'))
  try {
    const jobs: JobResult[] = []
    // One after the other: what lies on the disk is bounded by one of them.
    for (const candidate of candidates.slice(0, limits.jobs))
      jobs.push(await readJob(candidate, { github, source, options, limits, folder }))
    return { jobs, leftOut: candidates.slice(limits.jobs).map((one) => one.name) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function listArtifacts(github: Github, { owner, repo, runId }: ResultSource): Promise<Listed[]> {
  return readAll('artifacts', z.array(ARTIFACT), async (page) => {
    const { data, headers } = await github.rest.actions.listWorkflowRunArtifacts({ owner, repo, run_id: runId, ...page })
    return { data: data.artifacts, headers }
  })
}

/** A job that was not run again keeps the artifact of an earlier attempt. */
function latestAttempts(listed: readonly Listed[], base: string): Candidate[] {
  const latest = new Map<string, Candidate>()
  for (const artifact of listed) {
    const parsed = parseArtifactName(artifact.name, base)
    if (parsed === null) continue
    const before = latest.get(parsed.slug)
    if (before === undefined || before.attempt < parsed.attempt) latest.set(parsed.slug, { ...artifact, ...parsed })
  }
  return [...latest.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1))
}

interface Reading {
  readonly github: Github
  readonly source: ResultSource
  readonly options: DownloadOptions
  readonly limits: DownloadLimits
  readonly folder: string
}

async function readJob(candidate: Candidate, reading: Reading): Promise<JobResult> {
  const { options, limits } = reading
  const { name: artifact, slug, attempt } = candidate
  try {
    const result = await withDeadline(`reading the artifact ${artifact}`, limits.limitMs, options.signal, (signal) =>
      readResult(candidate, reading, signal),
    )
    return { artifact, slug, attempt, result }
  } catch (cause) {
    // A run that is cancelled is not a job that is refused.
    if (options.signal.aborted) throw cause
    const why = isChaosError(cause) ? cause.message : describeError(cause)
    const error = new ChaosError('BAD_INPUT', `the artifact ${artifact} was not used: ${why}`, { cause })
    return { artifact, slug, attempt, error }
  }
}

async function readResult(candidate: Candidate, reading: Reading, signal: AbortSignal): Promise<RunResult> {
  const { options, limits, folder } = reading
  if (candidate.expired) throw refused('it has expired')
  if (candidate.size_in_bytes > limits.archiveBytes)
    throw refused(`it has ${candidate.size_in_bytes} bytes; at most ${limits.archiveBytes} are downloaded`)
  const path = join(folder, `${candidate.id}.zip`)
  try {
    await downloadArchive(candidate, path, reading, signal)
    await using file = await open(path)
    const bytes = await readZipEntry(file, RESULT_FILE, limits.zip)
    const result = options.parse(decoded(bytes), `${RESULT_FILE} of the artifact ${candidate.name}`)
    const entries = result.scenarios.length + result.load.length
    if (entries > limits.entries)
      throw refused(`it has ${entries} scenarios and load patterns; at most ${limits.entries} are shown`)
    return result
  } finally {
    await rm(path, { force: true })
  }
}

async function downloadArchive(
  { id, digest }: Candidate,
  file: string,
  { github, source, limits }: Reading,
  signal: AbortSignal,
): Promise<void> {
  const { owner, repo } = source
  const { headers } = await github.rest.actions.downloadArtifact({
    ...{ owner, repo, artifact_id: id, archive_format: 'zip' },
    // The token must not go along to where the archive lies.
    request: { redirect: 'manual', signal },
  })
  const { location = '' } = headers as { location?: string }
  if (!URL.canParse(location)) throw new ChaosError('INTERNAL', 'GitHub did not say where the archive lies')
  const { defaults } = await import('@actions/github/lib/utils')
  const fetch = defaults.request?.fetch as typeof globalThis.fetch
  const found = await downloadBounded({
    url: location,
    file,
    maxBytes: limits.archiveBytes,
    pauseMs: limits.pauseMs,
    fetch,
    signal,
  })
  if (typeof digest === 'string' && digest !== found) throw new ChaosError('INTERNAL', `its digest is ${found}, not ${digest}`)
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new ChaosError('BAD_INPUT', `${RESULT_FILE} is no UTF-8 text`, { cause })
  }
}

function refused(why: string): ChaosError {
  return new ChaosError('BAD_INPUT', why)
}
