/** Load patterns against a server of the test's own, by the real k6 in its container: everything but the stack. */
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '../../src/core/time/clock.ts'
import type { K6Port } from '../../src/ports/k6.ts'
import type { LoadPattern } from '../../src/core/load.ts'
import type { LoadResult } from '../../src/core/result/load.ts'
import type { CompletedPort } from '../../src/ports/stack.ts'
import type { RunEvent } from '../../src/core/run-event.ts'
import { openScratchFile } from '../../src/app/files.ts'
import type { LoadDeps, LoadOptions } from '../../src/load/deps.ts'
import { runPattern } from '../../src/load/run/pattern-run.ts'
import { createDockerClient } from '../../src/stack/docker/client.ts'
import { containerLauncher } from '../../src/stack/k6/container.ts'
import { createK6 } from '../../src/stack/k6/k6.ts'
import { createSpawnExec } from '../../src/stack/programs/spawn-exec.ts'
import { readHostFacts } from '../../src/toolbox/proc/host-facts.ts'

export const K6_IMAGE = 'grafana/k6:2.2.0'
export const OLDER_K6_IMAGE = 'grafana/k6:1.8.1'

export interface LoadRig {
  readonly events: RunEvent[]
  /** What was kept, by its path. */
  readonly kept: Map<string, string | Uint8Array>
  readonly runId: string
  /** Ids of jobs that the server says it has done. */
  readonly completed: string[]
  readonly server: { handler: (request: IncomingMessage, response: ServerResponse) => void }
  /** Writes it among the scripts; a name may have folders. */
  script(name: string, text: string): Promise<string>
  run(script: string, change?: Change): Promise<LoadResult>
  close(): Promise<void>
}

export interface Change {
  readonly pattern?: Partial<LoadPattern>
  readonly options?: Partial<LoadOptions>
  readonly k6?: K6Port
  readonly image?: string
  readonly signal?: AbortSignal
  readonly entryUrl?: string
  /** The stack says which jobs it has completed. */
  readonly tellsCompleted?: boolean
}

export async function loadRig(): Promise<LoadRig> {
  const root = await mkdtemp(join(tmpdir(), 'load-'))
  const scripts = join(root, 'scripts')
  await mkdir(scripts)
  const state: LoadRig['server'] = { handler: (_request, response) => response.end('{}') }
  const http = createServer((request, response) => {
    state.handler(request, response)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const serverUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const runId = `load-${process.pid}`
  const events: RunEvent[] = []
  const kept = new Map<string, string | Uint8Array>()
  const completed: string[] = []
  let count = 0

  const depsFor = ({ k6, image = K6_IMAGE, entryUrl = serverUrl, tellsCompleted = false }: Change): LoadDeps => ({
    clock: systemClock,
    log: { log: () => undefined },
    emit: (event) => events.push(event),
    k6: k6 ?? containerK6(image, runId, entryUrl),
    target: {
      variables: { TOKEN: 'secret' },
      completed: tellsCompleted ? { port: listOf(completed), claim: { metric: 'tasks', key: 'task_id' } } : null,
      unhealthy: () => Promise.resolve(null),
      recreate: null,
    },
    // As the toolbox does, without a container around it.
    machine: () => readHostFacts(),
    artifacts: { write: keep, writeBytes: async (path, bytes) => keep(path, await wholeOf(bytes)) },
    runId: `${runId}-${(count += 1)}`,
    folderFor: (id) => mkdtemp(join(root, `${id}-`)),
    scratch: (name) => openScratchFile(join(root, `${runId}-${count}`, name)),
    hashOf: async (file) =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    guard: () => Promise.resolve({ signal: new AbortController().signal, stop: () => undefined }),
  })
  function keep(path: string, content: string | Uint8Array): Promise<string> {
    kept.set(path, content)
    return Promise.resolve(path)
  }
  return {
    ...{ events, kept, runId, completed, server: state },
    async script(name, text) {
      const file = join(scripts, name)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
      return file
    },
    run: (script, change = {}) =>
      runPattern(
        depsFor(change),
        {
          ...{ profile: 'quick', isRehearsal: false, before: 0, thresholds: [], model: null, segment: null, startWallMs: null },
          repeatCommand: (id) => id,
          ...change.options,
        },
        { ...PATTERN, script, ...change.pattern },
        change.signal ?? AbortSignal.timeout(60_000),
      ),
    async close() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      await rm(root, { recursive: true, force: true })
    },
  }
}

export function containerK6(image: string, runId: string, entryUrl: string): K6Port {
  // The machine's own network, as the server is there.
  const launcher = containerLauncher({ docker: createDockerClient(), image, runId, network: 'host', entryUrl })
  return createK6(launcher, createSpawnExec(), import.meta.dirname)
}

const PATTERN: LoadPattern = {
  ...{ id: 'T-1', name: 'test', expectedBehavior: 'holds', script: '', thresholds: null, gateUsers: null, measure: [] },
  ...{
    model: 'closed',
    thinkSeconds: null,
    answerSeconds: null,
    onDemand: false,
    scriptOptions: null,
    scales: {},
    environment: {},
    source: { file: 't.js', line: 1 },
  },
}

async function wholeOf(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Places are indexes. */
function listOf(ids: readonly string[]): CompletedPort {
  return {
    first: 'end',
    page: (after) => {
      const from = after === 'end' ? ids.length : Number(after)
      return Promise.resolve({ ids: ids.slice(from), next: String(ids.length) })
    },
  }
}
