/** mock-worker: answers inference requests as a worker with a model would, without the model. */
import { hostname } from 'node:os'
import { readInteger, readText, readUrl, type Env } from '../shared/env.ts'
import { runService } from '../shared/lifecycle.ts'
import { ownAddress } from './address.ts'
import { openDeviceMemory, type DeviceMemory } from './device-memory.ts'
import type { InferenceOptions } from './inference.ts'
import { parseSpeeds } from './models.ts'
import { workerPolicy, type WorkerPolicy } from './policy.ts'
import { VramBudget } from './vram.ts'
import { startWorker } from './worker.ts'

const KIB = 1024
const MIB = 1024 * KIB
const HEARTBEAT_EVERY_MS = 500

runService('mock-worker', async ({ env, log, token, defects }) => {
  const device = await openDeviceMemory((why) => {
    // Nothing is known of the device any more; the restart policy gives the worker another try.
    log.fatal({ event: 'device_lost', error: why })
    process.exit(1)
  })
  return startWorker({
    host: '0.0.0.0',
    port: readInteger(env, 'WORKER_PORT', 8001, { minimum: 1, maximum: 65_535 }),
    token,
    hiveOrigin: readUrl(env, 'WORKER_HIVE_URL', 'http://toxiproxy:9202'),
    ownUrl: (port) => readUrl(env, 'WORKER_URL', `http://${ownAddress()}:${port}`),
    // As the hive reads it from this process's environment.
    container: readText(env, 'HOSTNAME', hostname()),
    loadMs: readInteger(env, 'WORKER_LOAD_MS', 1_500, { minimum: 0, maximum: 600_000 }),
    heartbeatEveryMs: HEARTBEAT_EVERY_MS,
    inference: readInference(env, workerPolicy(defects), device),
    log,
  })
})

function readInference(env: Env, policy: WorkerPolicy, device: DeviceMemory | null): InferenceOptions {
  const usPerToken = readInteger(env, 'WORKER_US_PER_TOKEN', 2_000, { minimum: 0, maximum: 1_000_000 })
  return {
    vram: readVram(env, policy, device),
    speeds: parseSpeeds(readText(env, 'WORKER_MODEL_SPEEDS', 'tinyllama-draft=0.01,llama-70b=2500'), usPerToken / 1_000),
    vramBytesPerToken: KIB * readInteger(env, 'WORKER_VRAM_KIB_PER_TOKEN', 128, { minimum: 1, maximum: MIB }),
    longestMs: readInteger(env, 'WORKER_LONGEST_MS', 40_000, { minimum: 1, maximum: 600_000 }),
    streamEveryMs: readInteger(env, 'WORKER_STREAM_EVERY_MS', 100, { minimum: 1, maximum: 10_000 }),
    progressEveryMs: readInteger(env, 'WORKER_PROGRESS_EVERY_MS', 500, { minimum: 1, maximum: 10_000 }),
    maxActive: readInteger(env, 'WORKER_MAX_ACTIVE', 2_048, { minimum: 1, maximum: 100_000 }),
  }
}

/** What the device has, as its driver says where there is one, and what the model takes of it at once. */
function readVram(env: Env, policy: WorkerPolicy, device: DeviceMemory | null): VramBudget {
  const limits = { minimum: 1, maximum: MIB }
  const totalMib = readInteger(env, 'WORKER_VRAM_MIB', 24_576, limits)
  const modelMib = readInteger(env, 'WORKER_MODEL_MIB', 8_192, limits)
  const totalBytes = device?.totalBytes ?? totalMib * MIB
  return new VramBudget({ totalBytes, modelBytes: modelMib * MIB, whenShort: policy.whenVramShort, device: device ?? undefined })
}
