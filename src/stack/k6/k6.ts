/** Runs of k6, wherever its program is. */
import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ChaosError, describeError, systemErrorCode } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
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
import type { K6Folders, K6Launcher, K6Process } from './process.ts'
import { wrapperOf } from './wrapper.ts'
import { openSamplePipe, type SamplePipe } from './sample-pipe.ts'

/** After SIGINT it interrupts its iterations, runs teardown(), and writes its summary. */
const STOP_GRACE_MS = 15_000
const ARCHIVE_LIMIT_MS = 30_000
const LARGEST_SUMMARY_BYTES = 16 * 1024 * 1024

export function createK6(launcher: K6Launcher, exec: ExecPort): K6Port {
  return {
    kind: launcher.kind,
    entryUrl: launcher.entryUrl,
    async version(signal) {
      const request = { name: nameFor('version'), argv: ['version'], environment: { ...K6_ENVIRONMENT }, scripts: '/' }
      const { exitCode, stdout, stderr } = await launcher.command(request, signal)
      if (exitCode === 0) return parseVersion(stdout)
      throw new ChaosError('CAPABILITY_MISSING', `\`k6 version\` ended with ${exitCode}: ${tail(stderr)}`)
    },
    inspect: (script, signal) => inspect(launcher, script, signal),
    archive: (request, signal) => archive(launcher, request, signal),
    start: (request, signal) => start(launcher, exec, request, signal),
  }
}

async function inspect(launcher: K6Launcher, { file, environment }: K6Script, signal: AbortSignal): Promise<JsonObject> {
  const scripts = dirname(file)
  const seen = join(launcher.paths({ folder: scripts, scripts }).scripts, basename(file))
  const request = {
    name: nameFor('inspect'),
    argv: inspectArguments(seen),
    environment: { ...environment, ...K6_ENVIRONMENT },
    scripts,
  }
  const { exitCode, stdout, stderr } = await launcher.command(request, signal)
  if (exitCode !== 0) throw new ChaosError('BAD_INPUT', `${file}: k6 cannot load this script: ${tail(stderr)}`)
  const options: unknown = JSON.parse(stdout)
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return options as JsonObject
  throw new ChaosError('BAD_INPUT', `${file}: k6 tells no options of this script`)
}

async function archive(launcher: K6Launcher, request: K6ArchiveRequest, signal: AbortSignal): Promise<Uint8Array> {
  const { file, folder } = request
  const program = await launch(launcher, request, archiveArguments, signal)
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

async function start(launcher: K6Launcher, exec: ExecPort, request: K6Request, signal: AbortSignal): Promise<K6Run> {
  const pipe = await openSamplePipe(join(request.folder, SAMPLES_FILE), exec, signal)
  try {
    const program = await launch(launcher, request, (seen) => runArguments(seen, request.segment), signal)
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
  { name, file, folder, environment, options }: K6ArchiveRequest,
  argumentsOf: (seen: K6Folders) => string[],
  signal: AbortSignal,
): Promise<K6Process> {
  const scripts = dirname(file)
  const seen = launcher.paths({ folder, scripts })
  await writeFile(join(folder, WRAPPER_FILE), wrapperOf(join(seen.scripts, basename(file)), options))
  const own = { name, argv: argumentsOf(seen), environment: { ...environment, ...K6_ENVIRONMENT } }
  return launcher.launch({ ...own, folder, scripts }, signal)
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
      return { exitCode, stopped, summary, log }
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

function tail(text: string): string {
  return text.trim().slice(-1_000) || 'it said nothing'
}

let commands = 0
/** Unique in this process, and by its id on the machine. */
function nameFor(command: string): string {
  commands += 1
  return `chaos-k6-${command}-${process.pid}-${commands}`
}
