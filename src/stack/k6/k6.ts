/** Runs of k6, wherever its program is. */
import { isUtf8 } from 'node:buffer'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ChaosError, describeError, systemErrorCode } from '../../core/errors.ts'
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../core/json.ts'
import type { K6ArchiveRequest, K6End, K6Port, K6Request, K6Run, K6Script } from '../../ports/k6.ts'
import type { ExecPort } from '../../ports/exec.ts'
import {
  ARCHIVE_FILE,
  archiveArguments,
  inspectArguments,
  K6_ENVIRONMENT,
  parseVersion,
  runArguments,
  SAMPLES_FILE,
  SUMMARY_FILE,
  WRAPPER_FILE,
} from './arguments.ts'
import type { K6Files, K6Launcher, K6Paths, K6Process } from './process.ts'
import { scriptFiles } from './script-files.ts'
import { wrapperOf } from './wrapper.ts'
import { openSamplePipe, type SamplePipe } from './sample-pipe.ts'

/** After SIGINT it interrupts its iterations, runs teardown(), and writes its summary. */
const STOP_GRACE_MS = 15_000
const ARCHIVE_LIMIT_MS = 30_000
const LARGEST_SUMMARY_BYTES = 16 * 1024 * 1024
const OUR_FILES = new Set([ARCHIVE_FILE, SAMPLES_FILE, SUMMARY_FILE, WRAPPER_FILE])
/** Of handleSummary(): more of them, or longer ones, are not kept. */
const MOST_FILES = 20
const LARGEST_FILE_BYTES = 4 * 1024 * 1024

/** `workspace`: a script may need files of it that lie above its own folder. */
export function createK6(launcher: K6Launcher, exec: ExecPort, workspace: string): K6Port {
  const filesOf = async (script: string): Promise<K6Files> => ({ script, ...(await scriptFiles(script, workspace)) })
  return {
    kind: launcher.kind,
    entryUrl: launcher.entryUrl,
    async version(signal) {
      const request = { name: nameFor('version'), argv: ['version'], environment: { ...K6_ENVIRONMENT }, files: null }
      const { exitCode, stdout, stderr } = await launcher.command(request, signal)
      if (exitCode === 0) return parseVersion(stdout)
      throw new ChaosError('CAPABILITY_MISSING', `\`k6 version\` ended with ${exitCode}: ${tail(stderr)}`)
    },
    inspect: async (script, signal) => inspect(launcher, script, await filesOf(script.file), signal),
    archive: async (request, signal) => archive(launcher, request, await filesOf(request.file), signal),
    start: async (request, signal) => start(launcher, exec, request, await filesOf(request.file), signal),
  }
}

async function inspect(
  launcher: K6Launcher,
  { file, environment }: K6Script,
  files: K6Files,
  signal: AbortSignal,
): Promise<JsonObject> {
  const request = {
    name: nameFor('inspect'),
    argv: inspectArguments(launcher.paths('', files).script),
    environment: { ...environment, ...K6_ENVIRONMENT },
    files,
  }
  const { exitCode, stdout, stderr } = await launcher.command(request, signal)
  if (exitCode !== 0)
    throw new ChaosError('BAD_INPUT', `${file}: k6 cannot load this script: ${tail(stderr)}`, { hint: loadHint(files) })
  const options = parseJson(stdout) as Json | undefined
  if (isJsonObject(options)) return options
  throw new ChaosError('BAD_INPUT', `${file}: k6 tells no options of this script`)
}

/** What k6 says of a file that it does not see is of its own machine. */
function loadHint({ remote }: K6Files): string {
  if (remote.length > 0)
    return `It imports ${remote.join(', ')}, which k6 fetches itself: that must be reachable for it, or lie beside the script.`
  return 'It can read files beside the script and below, and those above, within the workspace, that it names word for word.'
}

async function archive(
  launcher: K6Launcher,
  request: K6ArchiveRequest,
  files: K6Files,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { file, folder } = request
  const program = await launch(launcher, request, files, archiveArguments, signal)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ARCHIVE_LIMIT_MS)])
  const stop = (): void => {
    // Its end is awaited below: one that cannot be killed shows there.
    program.kill('SIGKILL').catch(() => undefined)
  }
  limit.addEventListener('abort', stop, { once: true })
  try {
    const exitCode = await program.exited
    signal.throwIfAborted()
    if (exitCode !== 0) throw new ChaosError('BAD_INPUT', `${file}: k6 cannot pack this script: ${tail(await program.log())}`)
    return await readFile(join(folder, ARCHIVE_FILE))
  } finally {
    limit.removeEventListener('abort', stop)
    await program.remove()
  }
}

async function start(
  launcher: K6Launcher,
  exec: ExecPort,
  request: K6Request,
  files: K6Files,
  signal: AbortSignal,
): Promise<K6Run> {
  const pipe = await openSamplePipe(join(request.folder, SAMPLES_FILE), exec, signal)
  try {
    const program = await launch(launcher, request, files, (seen) => runArguments(seen, request.segment), signal)
    return running(program, pipe, request, signal)
  } catch (error) {
    await pipe.end()
    pipe.stream.destroy()
    throw error
  }
}

/** k6 over the request's script, with the options of the request. */
async function launch(
  launcher: K6Launcher,
  { name, folder, environment, options, functions }: K6ArchiveRequest,
  files: K6Files,
  argumentsOf: (seen: K6Paths) => string[],
  signal: AbortSignal,
): Promise<K6Process> {
  const seen = launcher.paths(folder, files)
  await writeFile(join(folder, WRAPPER_FILE), wrapperOf(seen.script, options, functions))
  const own = { name, argv: argumentsOf(seen), environment: { ...environment, ...K6_ENVIRONMENT } }
  return launcher.launch({ ...own, folder, files }, signal)
}

function running(program: K6Process, pipe: SamplePipe, { folder, limitMs }: K6Request, signal: AbortSignal): K6Run {
  const timers: NodeJS.Timeout[] = []
  let stopped = false
  const send = (name: 'SIGINT' | 'SIGKILL'): void => {
    program.kill(name).catch((error: unknown) => {
      // Its end is awaited all the same; a program that cannot be reached any more shows there.
      pipe.stream.destroy(new Error(`k6 could not be sent ${name}: ${describeError(error)}`))
    })
  }
  const stop = (): void => {
    if (stopped) return
    stopped = true
    send('SIGINT')
    timers.push(setTimeout(send, STOP_GRACE_MS, 'SIGKILL'))
  }
  const awaitEnd = async (): Promise<K6End> => {
    try {
      const exitCode = await program.exited
      const log = await program.log()
      const summary = await readSummary(join(folder, SUMMARY_FILE))
      return { exitCode, stopped, summary, log, files: await writtenBy(folder) }
    } finally {
      for (const timer of timers) clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      await pipe.end()
      await program.remove()
    }
  }
  timers.push(setTimeout(stop, limitMs))
  signal.addEventListener('abort', stop, { once: true })
  const ended = awaitEnd()
  // Whoever reads the samples first hears of it later.
  ended.catch(() => undefined)
  if (signal.aborted) stop()
  return { samples: pipe.stream, ended, stop, cpuUs: (inner) => program.cpuUs(inner) }
}

async function readSummary(path: string): Promise<Json> {
  try {
    const text = await readFile(path, 'utf8')
    if (text.length > LARGEST_SUMMARY_BYTES) throw new ChaosError('BAD_INPUT', `k6's summary has ${text.length} bytes`)
    return JSON.parse(text) as Json
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null
    throw new ChaosError('BAD_INPUT', `k6's summary could not be read: ${describeError(error)}`, { cause: error })
  }
}

/** Texts that the script left beside ours. What is no text is left out. */
async function writtenBy(folder: string): Promise<K6End['files']> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile() && !OUR_FILES.has(entry.name)).map((entry) => entry.name)
  const files = await Promise.all(
    names
      .toSorted()
      .slice(0, MOST_FILES)
      .map(async (name) => textOf(join(folder, name), name)),
  )
  return files.filter((file) => file !== null)
}

async function textOf(path: string, name: string): Promise<{ readonly name: string; readonly text: string } | null> {
  if ((await stat(path)).size > LARGEST_FILE_BYTES) return null
  const bytes = await readFile(path)
  return isUtf8(bytes) ? { name, text: bytes.toString('utf8') } : null
}

function tail(text: string): string {
  return text.trim().slice(-1_000) || 'it said nothing'
}

let commands = 0
/** Unique in this process, and by its id on the machine. */
function nameFor(command: string): string {
  commands += 1
  return `chaos-k6-${command}-${process.pid}-${commands}`
}
