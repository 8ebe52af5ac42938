/**
 * A process of its own, so that its memory is that of a load: takes in samples of so many seconds as a run does, keeps and
 * judges them, and tells what it holds on to meanwhile. Usage: node --expose-gc bench/long-load.ts FOLDER SECONDS [PER SECOND]
 */
import { join } from 'node:path'
import { argv, memoryUsage, stdout } from 'node:process'
import { setImmediate as turn } from 'node:timers/promises'
import { fileArtifacts, openScratchFile } from '../src/app/files.ts'
import { judgeLoad } from '../src/load/judge/pattern.ts'
import { recordedFor } from '../src/load/plan/prepare.ts'
import { planOf } from '../src/load/plan/stages.ts'
import { parseK6Threshold, parseThreshold } from '../src/load/plan/threshold-grammar.ts'
import type { SeriesSecond } from '../src/load/series/data.ts'
import { keepSeries } from '../src/load/series/keep.ts'
import { SeriesRecording } from '../src/load/series/recording.ts'

/** MiB that are held after so many seconds, while they are recorded and while they are judged. */
export interface Held {
  readonly recording: Readonly<Record<number, number>>
  readonly judging: Readonly<Record<number, number>>
  readonly verdict: string
  readonly requests: number
}

const EVERY_SECONDS = 600
const START_US = 1_795_415_882_000_000
const HEADER =
  'metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata\n'
const HTTP = ['http_reqs', 'http_req_duration', 'http_req_blocked', 'http_req_connecting', 'http_req_tls_handshaking'].concat([
  ...['http_req_sending', 'http_req_waiting', 'http_req_receiving', 'http_req_failed'],
])
const ITERATION = ['data_sent', 'data_received', 'iteration_duration', 'iterations']
const THRESHOLDS = [
  parseK6Threshold('errors', 'rate<0.05'),
  parseK6Threshold('http_req_duration', 'p(95)<500'),
  parseK6Threshold('http_req_duration', 'p(99)<1000'),
  parseThreshold('http_req_duration{status:200} p95 < 500 ms', 'input'),
  parseThreshold('in_flight max < 1000', 'input'),
]

/** What k6 writes of a second of our inference script. */
function rowsOf(second: number, perSecond: number): Buffer {
  const rows: string[] = []
  const row = (metric: string, us: number, value: number, rest: string): void => {
    rows.push(`${metric},${START_US + second * 1_000_000 + us},${value.toFixed(6)}${rest}\n`)
  }
  row('vus', 0, perSecond, ',,,,,,,,,,,,,,,,')
  for (let index = 0; index < perSecond; index += 1) {
    const us = Math.floor((index * 1_000_000) / perSecond)
    const ms = 20 + ((index * 7_919 + second * 104_729) % 9_973) / 50
    const outcome = (index + second) % 97 === 0 ? 'rejected' : 'served'
    const [status, isExpected] = outcome === 'served' ? ['200', 'true'] : ['503', 'false']
    const tags = `,,,,${isExpected},,POST,POST /v2/tasks,HTTP/1.1,default,,${status},,,POST /v2/tasks,,`
    for (const metric of HTTP) {
      const value = metric === 'http_reqs' ? 1 : metric === 'http_req_failed' ? Number(outcome !== 'served') : ms
      row(metric, us, value, tags)
    }
    const own = `,,,,,,,,,default,,,,,,outcome=${outcome},`
    row('errors', us, Number(outcome !== 'served'), own)
    row('task_duration', us, ms, own)
    row('tasks', us, 1, own)
    for (const metric of ITERATION) row(metric, us, 1, ',,,,,,,,,default,,,,,,,')
  }
  return Buffer.from(rows.join(''))
}

async function heldMiB(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await turn()
    globalThis.gc?.()
  }
  const { heapUsed, external } = memoryUsage()
  return (heapUsed + external) / 1024 ** 2
}

async function* watched(seconds: AsyncIterable<SeriesSecond>, held: Record<number, number>): AsyncGenerator<SeriesSecond> {
  for await (const second of seconds) {
    yield second
    if ((second.second + 1) % EVERY_SECONDS === 0) held[second.second + 1] = await heldMiB()
  }
}

async function load(folder: string, seconds: number, perSecond: number): Promise<Held> {
  const recording: Record<number, number> = {}
  const judging: Record<number, number> = {}
  const file = await openScratchFile(join(folder, 'seconds'))
  const series = new SeriesRecording(
    { ...recordedFor({ thresholds: THRESHOLDS, plan: planOf([], 'users') }), claim: null, ends: null },
    file,
  )
  await series.push(Buffer.from(HEADER))
  for (let second = 0; second < seconds; second += 1) {
    await series.push(rowsOf(second, perSecond))
    if ((second + 1) % EVERY_SECONDS === 0) recording[second + 1] = await heldMiB()
  }
  const metrics = { http_reqs: { count: seconds * perSecond }, errors: { passes: 0, fails: 0 }, tasks: { count: 0, rate: 0 } }
  const stored = await series.finish({ metrics })
  const plan = planOf([{ durationMs: seconds * 1_000, target: perSecond }], 'users')
  const k6 = { exitCode: 0, stopped: false, summary: { metrics }, log: '' }
  const { judge } = await keepSeries(
    fileArtifacts(folder, (text) => text),
    'LT-1',
    {
      series: { head: stored.head, seconds: () => watched(stored.seconds(), judging) },
      facts: { patternId: 'LT-1', fingerprint: 'f', k6Version: '2.2.0', segment: null, more: {} },
    },
    (passing) =>
      judgeLoad({
        ...{ plan, gateTarget: null, measure: ['breaking_point', 'spike_recovery'], thresholds: THRESHOLDS },
        ...{ series: passing, generators: [{ k6, looks: [], cores: 2 }], completion: null, calm: null },
      }),
  )
  const { verdict, figures } = judge()
  return { recording, judging, verdict, requests: figures.requests }
}

const [, , folder = '', seconds = '', perSecond = '20'] = argv
stdout.write(`${JSON.stringify(await load(folder, Number(seconds), Number(perSecond)))}\n`)
