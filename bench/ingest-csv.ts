/** A process of its own, so that its peak of memory is that of the ingestion: reads a CSV of k6 as a run does. */
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openScratchFile } from '../src/app/files.ts'
import { passBy } from '../src/load/series/pass.ts'
import { SeriesRecording } from '../src/load/series/recording.ts'

const [, , file = ''] = process.argv
const folder = await mkdtemp(join(tmpdir(), 'chaos-ingestion-'))
try {
  const scratch = await openScratchFile(join(folder, 'seconds'))
  const startedMs = performance.now()
  const recording = new SeriesRecording({ filters: [], percentiles: [], claim: null, ends: null }, scratch)
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) await recording.push(chunk as Buffer)
  const series = await recording.finish(null)
  let samples = 0
  const p95Ms = await passBy(series, (passing) => {
    const durations = passing.ask({ metric: 'http_req_duration' })
    return () => durations()?.percentile(95)
  })
  const ms = performance.now() - startedMs
  for await (const { cells } of series.seconds()) for (const { count } of cells.values()) samples += count
  const facts = { ms, samples, p95Ms, peakMiB: process.resourceUsage().maxRSS / 1024 }
  process.stdout.write(`${JSON.stringify(facts)}\n`)
} finally {
  await rm(folder, { recursive: true })
}
