/**
 * The program in the toolbox container. Requests on standard input, answers on standard output, words for people on
 * standard error. It undoes what it installed and ends when its input closes, a signal comes, or its lease runs out:
 * a runner that was killed cannot leave a fault behind.
 */
import { describeError } from '../core/errors.ts'
import { LineSplitter } from '../core/lines.ts'
import { TOOLBOX_AVOID_VARIABLE, TOOLBOX_OBJECTS_VARIABLE, TOOLBOX_TTL_VARIABLE } from '../core/toolbox.ts'
import { parseAvoid } from './avoid.ts'
import { createDispatcher } from './dispatch.ts'
import { createHelper } from './helper.ts'
import { Lease, parseTtl } from './lease.ts'
import { objectNames } from './net/names.ts'
import { readTcpCounters } from './net/tcp-counters.ts'
import { UndoStack } from './undo-stack.ts'

const EXIT = { undone: 0, badStart: 2, undoFailed: 3 } as const
const MAX_LINE_LENGTH = 1024 * 1024

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const undo = new UndoStack()
  const end = once(async (why: string) => {
    lease.end()
    process.exit(await undoAll(undo, why))
  })
  const lease = new Lease(parseTtl(env[TOOLBOX_TTL_VARIABLE]), () => {
    end('nobody renewed the lease')
  })
  // As pid 1 of its container this process gets no default action for any signal: what is not handled is ignored.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      end(signal)
    })
  }
  const names = objectNames(env[TOOLBOX_OBJECTS_VARIABLE] ?? '')
  const avoid = parseAvoid(env[TOOLBOX_AVOID_VARIABLE])
  const helper = createHelper({ names, undo, avoid, lease, tcpAtStart: await readTcpCounters() })
  const dispatch = createDispatcher(helper, (answer) => void process.stdout.write(`${JSON.stringify(answer)}\n`))
  serve(dispatch, end)
}

function serve(dispatch: (line: string) => Promise<void>, end: (why: string) => void): void {
  const splitter = new LineSplitter(MAX_LINE_LENGTH)
  process.stdin.on('data', (chunk: Buffer) => {
    try {
      for (const line of splitter.push(chunk)) void dispatch(line)
    } catch (error) {
      end(describeError(error))
    }
  })
  process.stdin.on('end', () => {
    end('standard input was closed')
  })
  process.stdin.on('error', (error) => {
    end(`standard input failed: ${describeError(error)}`)
  })
  // The runner is gone; its input closes as well, and that ends us.
  process.stdout.on('error', () => undefined)
}

/** @returns the exit code. */
async function undoAll(undo: UndoStack, why: string): Promise<number> {
  try {
    const undone = await undo.undoAll()
    process.stderr.write(`ended: ${why}; undone: ${undone.join(', ') || 'nothing was installed'}\n`)
    return EXIT.undone
  } catch (error) {
    process.stderr.write(`ended: ${why}; ${describeError(error)}\n`)
    return EXIT.undoFailed
  }
}

/** The first call counts: a signal during the undo must not start another. */
function once(work: (why: string) => Promise<void>): (why: string) => void {
  let started = false
  return (why) => {
    if (started) return
    started = true
    void work(why)
  }
}

try {
  await main(process.env)
} catch (error) {
  process.stderr.write(`cannot start: ${describeError(error)}\n`)
  process.exit(EXIT.badStart)
}
