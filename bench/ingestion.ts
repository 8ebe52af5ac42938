/**
 * Samples of k6, taken in as a run does it, beside what a person would do: jq on k6's JSON of the same run. And what is held
 * of a long load after ten minutes and after an hour. Needs Docker, k6's image and jq.
 * Usage: node bench/ingestion.ts [--seconds 10]
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getgid, getuid } from 'node:process'
import { parseArgs, promisify } from 'node:util'
import type { Held } from './long-load.ts'

const run = promisify(execFile)
const K6_IMAGE = 'grafana/k6:2.2.0'
const POLL_MS = 20
const JQ =
  '[inputs | select(.type == "Point" and .metric == "http_req_duration") | .data.value] | sort | .[length * 95 / 100 | floor]'

interface Figures {
  readonly ms: number
  readonly peakMiB: number
  readonly p95Ms: number
}

const [TEN_MINUTES, HOUR] = [600, 3_600]
const HELD_REQUESTS_PER_SECOND = 100

async function heldOf(folder: string): Promise<Held> {
  const argv = ['--expose-gc', join(import.meta.dirname, 'long-load.ts'), folder, String(HOUR), String(HELD_REQUESTS_PER_SECOND)]
  const { stdout } = await run(process.execPath, argv)
  return JSON.parse(stdout) as Held
}

/** One run of k6 that writes both forms. */
async function record(folder: string, seconds: number): Promise<void> {
  const server = createServer((_request, response) => response.end('{}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const script = `import http from 'k6/http'
export const options = { vus: 20, duration: '${seconds}s' }
export default function () { http.get('${url}') }`
  await writeFile(join(folder, 'script.js'), script)
  try {
    await run('docker', [
      ...['run', '--rm', '--network', 'host', '--user', `${getuid?.() ?? 0}:${getgid?.() ?? 0}`],
      ...['--env', 'K6_CSV_TIME_FORMAT=unix_micro', '--env', 'K6_NO_USAGE_REPORT=true', '--volume', `${folder}:/load`, K6_IMAGE],
      ...['run', '--quiet', '--out', 'csv=/load/samples.csv', '--out', 'json=/load/samples.json', '/load/script.js'],
    ])
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

/** Its peak is read while it runs: nobody tells it afterwards. */
async function withJq(file: string): Promise<Figures> {
  const startedMs = performance.now()
  const child = spawn('jq', ['--null-input', JQ, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  let peakKiB = 0
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const timer = setInterval(() => {
    void readFile(`/proc/${String(child.pid)}/status`, 'utf8').then(
      (text) => (peakKiB = Math.max(peakKiB, Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? 0))),
      () => undefined,
    )
  }, POLL_MS)
  const exitCode = await new Promise((resolve) => child.on('close', resolve))
  clearInterval(timer)
  if (exitCode !== 0) throw new Error(`jq ended with ${String(exitCode)}`)
  return { ms: performance.now() - startedMs, peakMiB: peakKiB / 1024, p95Ms: Number(output) }
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } })
const seconds = Number(values.seconds)
if (!Number.isInteger(seconds) || seconds < 1 || seconds > 600) throw new Error('--seconds takes a whole number from 1 to 600')
const folder = await mkdtemp(join(tmpdir(), 'chaos-bench-'))
try {
  await record(folder, seconds)
  const [csv, json] = [join(folder, 'samples.csv'), join(folder, 'samples.json')]
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'ingest-csv.ts'), csv])
  const ours = JSON.parse(stdout) as Figures & { samples: number }
  const theirs = await withJq(json)
  const { recording, judging } = await heldOf(folder)
  const held = (by: Held['recording']): string => {
    const [short, long] = [by[TEN_MINUTES] ?? Number.NaN, by[HOUR] ?? Number.NaN]
    return `${short.toFixed(1)} MiB | ${long.toFixed(1)} MiB | ${(long / short).toFixed(2)} |\n`
  }
  const mib = async (file: string): Promise<string> => `${((await stat(file)).size / 1024 ** 2).toFixed(0)} MiB`
  const rate = (ms: number): string => `${Math.round(ours.samples / (ms / 1_000)).toLocaleString('en')} samples/s`
  process.stdout.write(
    `${ours.samples.toLocaleString('en')} samples of ${seconds} s; CSV ${await mib(csv)}, JSON ${await mib(json)}\n\n` +
      '| | ours, all figures by second | jq, one p95 of the whole | ratio |\n|---|---|---|---|\n' +
      `| rate | ${rate(ours.ms)} | ${rate(theirs.ms)} | ${(theirs.ms / ours.ms).toFixed(1)} |\n` +
      `| peak memory | ${ours.peakMiB.toFixed(0)} MiB | ${theirs.peakMiB.toFixed(0)} MiB | ${(theirs.peakMiB / ours.peakMiB).toFixed(2)} |\n` +
      `| p95 | ${ours.p95Ms.toFixed(3)} ms | ${theirs.p95Ms.toFixed(3)} ms | ${(theirs.p95Ms / ours.p95Ms).toFixed(4)} |\n\n` +
      `| held of ${HELD_REQUESTS_PER_SECOND} requests/s | after ten minutes | after an hour | ratio |\n|---|---|---|---|\n` +
      `| while it is recorded | ${held(recording)}| while it is judged | ${held(judging)}`,
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}
