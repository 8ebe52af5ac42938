/** Puts the results folder and the HTML report where people of the workflow run find them. */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DefaultArtifactClient, UploadArtifactOptions } from '@actions/artifact'
import { describeError, isChaosError } from '../../core/errors.ts'
import { withDeadline } from '../../core/time/wait.ts'
import { consoleText } from '../../report/escape.ts'
import { ARTIFACT_LIMITS, REPORT_FILE, type ArtifactLimits } from './files.ts'
import type { ArtifactNames } from './names.ts'
import { withTamedOutput } from '../step/library-output.ts'
import { stageFiles } from './stage-files.ts'

export interface UploadRequest {
  readonly outDir: string
  /** Below it: `artifactPaths` of a result, or what a segment of a load has written. */
  readonly paths: readonly string[]
  /** `report.html` goes up by itself; false where none is written. */
  readonly hasReport: boolean
  readonly names: ArtifactNames
  /** null: as the repository has it. More than the repository allows becomes what it allows. */
  readonly retentionDays: number | null
  /** Where copies may lie: RUNNER_TEMP. */
  readonly tempDir: string
  /** For everything together, ms. */
  readonly limitMs?: number
  readonly limits?: ArtifactLimits
}

interface UploadedArtifact {
  readonly name: string
  readonly id: number
  readonly bytes: number
  /** SHA-256 of what was uploaded, hexadecimal; null when the library did not say it. */
  readonly digest: string | null
  readonly url: string
}

export interface UploadOutcome {
  readonly results: UploadedArtifact | null
  readonly report: UploadedArtifact | null
  readonly warnings: readonly string[]
  /**
   * The library was still at work at the deadline. It cannot be told to stop, and its connections and pauses would keep
   * the process alive for minutes: whoever ends the step must end the process.
   */
  readonly isAbandoned: boolean
}

const UPLOAD_LIMIT_MS = 180_000
/** As of gzip: logs and JSON shrink to a tenth, and the series is compressed already. */
const COMPRESSION_LEVEL = 6

/**
 * Never throws: what could not be uploaded is a warning, as nothing about an artifact is the verdict. Prints what the
 * library prints, made harmless; the caller must not have stopped the runner's commands.
 */
export async function uploadArtifacts(request: UploadRequest, signal: AbortSignal): Promise<UploadOutcome> {
  const missing = ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL'].filter((name) => (process.env[name] ?? '') === '')
  if (missing.length > 0) {
    const why = `there is no ${missing.join(' and no ')}, which GitHub gives to the steps of a workflow`
    return nothing(`the results were not uploaded: ${why}`)
  }
  const uploads = new Uploads(request, signal)
  try {
    return await withTamedOutput(() => uploads.run())
  } catch (error) {
    return nothing(`the results were not uploaded: ${consoleText(describeError(error), 500)}`)
  }
}

function nothing(warning: string): UploadOutcome {
  return { results: null, report: null, warnings: [warning], isAbandoned: false }
}

class Uploads {
  private readonly request: UploadRequest
  private readonly signal: AbortSignal
  private readonly warnings: string[] = []
  /** Calls of the library that have not come to an end. */
  private pending = 0

  constructor(request: UploadRequest, signal: AbortSignal) {
    this.request = request
    this.signal = signal
  }

  async run(): Promise<UploadOutcome> {
    const { tempDir, names, hasReport } = this.request
    await mkdir(tempDir, { recursive: true })
    const folder = await mkdtemp(join(tempDir, 'chaos-artifacts-'))
    try {
      const [results, report] = await Promise.all([
        this.attempt(names.results, (client, inner) => this.uploadResults(client, join(folder, 'files'), inner)),
        hasReport ? this.attempt(names.report, (client, inner) => this.uploadReport(client, folder, inner)) : null,
      ])
      return { results, report, warnings: this.warnings, isAbandoned: this.pending > 0 }
    } finally {
      // The library ends the process when a file that it reads is gone.
      if (this.pending === 0) await rm(folder, { recursive: true, force: true })
    }
  }

  private async uploadResults(
    client: DefaultArtifactClient,
    folder: string,
    signal: AbortSignal,
  ): Promise<UploadedArtifact | null> {
    const { outDir, paths, names, limits } = this.request
    await mkdir(folder)
    const staged = await stageFiles(outDir, paths, folder, limits ?? ARTIFACT_LIMITS, signal)
    this.warnings.push(...staged.warnings)
    if (staged.files.length === 0) return null
    return this.upload(client, names.results, staged.files, folder, { compressionLevel: COMPRESSION_LEVEL })
  }

  /** Without an archive the file's own name is the artifact's. */
  private async uploadReport(
    client: DefaultArtifactClient,
    folder: string,
    signal: AbortSignal,
  ): Promise<UploadedArtifact | null> {
    const { outDir, names, limits } = this.request
    const staged = await stageFiles(outDir, [REPORT_FILE], join(folder, 'report'), limits ?? ARTIFACT_LIMITS, signal)
    this.warnings.push(...staged.warnings)
    const [file] = staged.files
    if (file === undefined) return null
    const named = join(folder, names.report)
    await rename(file, named)
    return this.upload(client, names.report, [named], folder, { skipArchive: true })
  }

  private async upload(
    client: DefaultArtifactClient,
    name: string,
    files: readonly string[],
    root: string,
    options: UploadArtifactOptions,
  ): Promise<UploadedArtifact> {
    const { retentionDays } = this.request
    const retention = retentionDays === null ? {} : { retentionDays }
    const { id, size, digest } = await client.uploadArtifact(name, [...files], root, { ...options, ...retention })
    if (id === undefined) throw new Error('the service gave it no id')
    return { name, id, bytes: size ?? 0, digest: digest ?? null, url: artifactUrl(id) }
  }

  private async attempt(
    name: string,
    work: (client: DefaultArtifactClient, signal: AbortSignal) => Promise<UploadedArtifact | null>,
  ): Promise<UploadedArtifact | null> {
    try {
      return await withDeadline(`the upload of ${name}`, this.request.limitMs ?? UPLOAD_LIMIT_MS, this.signal, async (inner) => {
        // What is begun for nobody goes on for a while, and reads files that are gone by then.
        inner.throwIfAborted()
        this.pending += 1
        try {
          // Loaded late: it is large, and most of its weight is the client of a blob storage.
          const { DefaultArtifactClient } = await import('@actions/artifact')
          return await work(new DefaultArtifactClient(), inner)
        } finally {
          this.pending -= 1
        }
      })
    } catch (error) {
      this.warnings.push(`the artifact ${name} was not uploaded: ${explained(error)}`)
      return null
    }
  }
}

function artifactUrl(id: number): string {
  const server = (process.env['GITHUB_SERVER_URL'] ?? 'https://github.com').replace(/\/+$/, '')
  const { GITHUB_REPOSITORY: repository = '', GITHUB_RUN_ID: run = '' } = process.env
  return `${server}/${repository}/actions/runs/${run}/artifacts/${id}`
}

function explained(error: unknown): string {
  if (isChaosError(error)) return consoleText(error.message, 300)
  if (error instanceof Error && error.name === 'GHESNotSupportedError')
    return 'this GitHub Enterprise Server has no service for artifacts of this kind'
  const text = describeError(error, 1_000)
  if (/\(409\)/.test(text))
    return 'the run has an artifact of this name already: give each use of the action in a workflow its own artifact-name'
  return consoleText(text, 500)
}
