/** mock-worker put together from its parts. */
import type { AddressInfo } from 'node:net'
import { errorText, unavailable } from '../shared/failure.ts'
import type { RunningService } from '../shared/lifecycle.ts'
import type { Logger } from '../shared/log.ts'
import { createServer, LISTEN_BACKLOG } from '../shared/server.ts'
import { InferenceEngine, type InferenceOptions } from './inference.ts'
import { createMetrics } from './metrics.ts'
import { HiveRegistration } from './registration.ts'
import { addInferenceRoute } from './routes.ts'

export interface WorkerOptions {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly token: string
  readonly hiveOrigin: string
  /** Given the port that is listened on. */
  readonly ownUrl: (port: number) => string
  /** Name of the container or machine, by which the hive knows a worker again. */
  readonly container: string
  readonly loadMs: number
  readonly heartbeatEveryMs: number
  readonly inference: InferenceOptions
  readonly log: Logger
}

export async function startWorker(options: WorkerOptions): Promise<RunningService & { readonly port: number }> {
  const { inference, log, token } = options
  const { vram } = inference
  const engine = new InferenceEngine(inference)
  let registration: HiveRegistration | null = null
  const health = (): Record<string, unknown> => {
    if (registration?.takesWork !== true) throw unavailable('LOADING', 'the model is being loaded, or no hive knows that it is')
    return { service: 'mock-worker', in_flight: engine.active }
  }
  const metrics = createMetrics({
    active: () => engine.active,
    vramUsedBytes: () => vram.usedBytes,
    vramTotalBytes: () => vram.totalBytes,
  })
  const server = createServer({ token, log, metrics, health, ready: health })
  addInferenceRoute(server, engine, log)
  await server.listen({ host: options.host, port: options.port, backlog: LISTEN_BACKLOG })
  const { port } = server.server.address() as AddressInfo
  const started = createRegistration(options, engine, port)
  registration = started
  started.run().catch((error: unknown) => {
    log.fatal({ event: 'registration_ended', error: errorText(error) })
    process.exit(1)
  })
  return {
    port,
    close: async () => {
      await started.leave()
      await server.close()
      await started.close()
    },
  }
}

function createRegistration(options: WorkerOptions, engine: InferenceEngine, port: number): HiveRegistration {
  const { vram } = options.inference
  return new HiveRegistration(
    {
      hiveOrigin: options.hiveOrigin,
      token: options.token,
      identity: {
        worker_id: `worker-${options.container}`,
        url: options.ownUrl(port),
        pid: process.pid,
        container: options.container,
        vram_bytes: vram.totalBytes,
      },
      loadMs: options.loadMs,
      heartbeatEveryMs: options.heartbeatEveryMs,
      report: () => ({ in_flight: engine.active, vram_used_bytes: vram.usedBytes }),
    },
    options.log,
  )
}
