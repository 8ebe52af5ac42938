/** A process of its own, so that its peak of memory is that of the ingestion: reads a CSV of k6 as a run does. */
import { createReadStream } from 'node:fs'
import { openSeries } from '../src/load/series/recorded-series.ts'
import { SeriesRecorder } from '../src/load/series/recorder.ts'

const [, , file = ''] = process.argv
const startedMs = performance.now()
const recorder = new SeriesRecorder({ filters: [], percentiles: [], claim: null })
for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) recorder.push(chunk as Buffer)
const data = recorder.finish(null)
const p95Ms = openSeries(data).ask({ metric: 'http_req_duration' })?.percentile(95)
const samples = data.groups.reduce((sum, { cells }) => sum + [...cells.values()].reduce((all, { count }) => all + count, 0), 0)
const facts = { ms: performance.now() - startedMs, samples, p95Ms, peakMiB: process.resourceUsage().maxRSS / 1024 }
process.stdout.write(`${JSON.stringify(facts)}\n`)
