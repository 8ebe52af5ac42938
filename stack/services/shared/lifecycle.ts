import { readDefects, type Defect } from './defects.ts'
import { readText, type Env } from './env.ts'
import { errorText } from './failure.ts'
import { createLog, type Logger } from './log.ts'

export interface ServiceContext {
  readonly env: Env
  readonly log: Logger
  readonly token: string
  readonly defects: ReadonlySet<Defect>
}

export interface RunningService {
  /** Ends work in hand where that is quick, refuses new. */
  close(): Promise<void>
}

/** How long a service may take to end after SIGTERM. */
const CLOSE_LIMIT_MS = 2_500

/** Starts a service, and ends the process with its exit code: 0 after SIGTERM or SIGINT, 1 when it could not start. */
export function runService(name: string, start: (context: ServiceContext) => Promise<RunningService>): void {
  const log = createLog(name)
  // Not awaited at the top of a module: the bundler does not take that.
  startService(log, start).catch((error: unknown) => {
    log.fatal({ event: 'not_started', error: errorText(error) })
    process.exit(1)
  })
}

async function startService(log: Logger, start: (context: ServiceContext) => Promise<RunningService>): Promise<void> {
  const defects = readDefects(process.env)
  const service = await start({ env: process.env, log, token: readText(process.env, 'LLORCH_API_TOKEN'), defects })
  log.info({ event: 'started', pid: process.pid, defects: [...defects] })
  endOnSignal(log, service)
}

function endOnSignal(log: Logger, service: RunningService): void {
  const end = (signal: NodeJS.Signals): void => {
    log.info({ event: 'stopping', signal })
    setTimeout(() => {
      log.warn({ event: 'stopped', clean: false })
      process.exit(0)
    }, CLOSE_LIMIT_MS)
    service.close().then(
      () => {
        log.info({ event: 'stopped', clean: true })
        process.exit(0)
      },
      (error: unknown) => {
        log.error({ event: 'stopped', clean: false, error: errorText(error) })
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
}
