/** The stacks of a run: brought up side by side, each with its observer, and taken down. */
import { describeError, explainError } from '../../core/errors.ts'
import type { Logger } from '../../ports/reporter.ts'
import type { ToolboxHelper, ToolboxPort } from '../../ports/toolbox.ts'
import { isAborted } from '../../core/time/wait.ts'
import type { StackDeps } from '../../engine/deps.ts'
import type { DockerClient } from '../../stack/docker/client.ts'
import type { StackUnderTest } from '../../stack/running-stack.ts'
import type { PreparedStack } from '../../stack/stack.ts'
import { sweepOrThrow } from '../../stack/teardown.ts'
import { createToolbox, type ToolboxOptions } from '../../stack/helper/toolbox.ts'
import { ownerName, type Owner } from '../../stack/docker/labels.ts'

/** After a cancel GitHub leaves ten seconds in all: no service is asked to stop politely for long. */
const OBSERVER_TTL_MS = 15_000
const DOWN_LIMIT_MS = 60_000
const LIST_LIMIT_MS = 5_000

export interface RunStack {
  readonly number: number
  readonly stack: StackUnderTest
  readonly toolbox: ToolboxPort
  readonly observer: ToolboxHelper
  /** null where the machine does not let it look. */
  readonly looker: ToolboxHelper | null
}

export interface RunStacksOptions {
  readonly prepared: PreparedStack
  readonly docker: DockerClient
  readonly runId: string
  readonly folder: string
  readonly log: Logger
  readonly toolbox: Pick<ToolboxOptions, 'image' | 'avoid'>
}

export class RunStacks {
  private readonly options: RunStacksOptions
  /** All that came up, those that are down again too. */
  private readonly up: RunStack[] = []
  private readonly down = new Set<StackUnderTest>()
  private count = 0

  constructor(options: RunStacksOptions) {
    this.options = options
  }

  /** In the order of their numbers. */
  get all(): readonly RunStack[] {
    return this.up
  }

  /**
   * Starts `count` of them at once. Where `mayBeFewer`, those that came up are enough, and the log says what became of the
   * others. @throws what kept the first of them from coming up.
   */
  async start(count: number, mayBeFewer: boolean, signal: AbortSignal): Promise<void> {
    this.count = count
    const numbers = Array.from({ length: count }, (_, index) => index + 1)
    const started = await Promise.allSettled(numbers.map((number) => this.startOne(number, signal)))
    for (const one of started) if (one.status === 'fulfilled') this.up.push(one.value)
    const failures = started.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []))
    const [first] = failures
    if (first === undefined) return
    if (!mayBeFewer || this.up.length === 0 || isAborted(signal)) throw first
    for (const failure of failures)
      this.options.log.log('warn', `one stack fewer, as it did not come up: ${describeError(failure)}`)
  }

  /** For the engine. What `retire` cannot do is done, and told, at the end. */
  depsOf({ number, stack, toolbox, observer, looker }: RunStack): StackDeps {
    return {
      ...{ number, stack, containers: stack.containers, toolbox, observer: () => observer, looker: () => looker },
      toxiproxy: (signal) => currentToxiproxy(stack, signal),
      retire: async () => {
        try {
          for (const helper of [observer, looker])
            if (helper !== null) await toolbox.stop(helper.name, AbortSignal.timeout(DOWN_LIMIT_MS))
          await stack.down(AbortSignal.timeout(DOWN_LIMIT_MS))
          this.down.add(stack)
        } catch (error) {
          this.options.log.log('warn', `stack ${number} is taken down at the end: ${describeError(error)}`)
        }
      },
    }
  }

  /** They run on for somebody else; nothing of ours stays beside them. @returns what could not be done. */
  async leave(signal: AbortSignal): Promise<string[]> {
    return this.each((stack) => stack.leave(signal))
  }

  /** All that is still up, and whatever else the run has made. @returns what stays. */
  async takeDown(signal: AbortSignal): Promise<string[]> {
    const problems = await this.each((stack) => stack.down(signal))
    if (this.count <= 1) return problems
    // What belongs to no stack: a load's own container, and what a start has left that failed.
    const { docker, runId, log } = this.options
    return [...problems, ...(await attempt(() => sweepOrThrow({ docker, runId, log }, signal)))]
  }

  private async each(work: (stack: StackUnderTest) => Promise<unknown>): Promise<string[]> {
    const still = this.up.filter(({ stack }) => !this.down.has(stack))
    return (await Promise.all(still.map(({ stack }) => attempt(() => work(stack))))).flat()
  }

  private async startOne(number: number, signal: AbortSignal): Promise<RunStack> {
    const { prepared, docker, runId, folder, log, toolbox: shared } = this.options
    // The only stack of a run needs no number.
    const owner: Owner = this.count === 1 ? { runId } : { runId, stack: number }
    const stack = await prepared.start({ stack: owner.stack, stateDir: folder, signal })
    try {
      const toolbox = createToolbox({ ...shared, docker, ...owner, log })
      const name = ownerName(owner)
      const [observer, looker] = await Promise.all([
        toolbox.start(
          {
            name: `${name}-observer`,
            attachTo: { network: stack.network },
            pid: 'own',
            capabilities: [],
            ttlMs: OBSERVER_TTL_MS,
          },
          signal,
        ),
        startLooker(`${name}-looker`, toolbox, log, signal),
      ])
      return { number, stack, toolbox, observer, looker }
    } catch (error) {
      await stack.down(AbortSignal.timeout(DOWN_LIMIT_MS))
      throw error
    }
  }
}

/** Whoever may not look does without: what processes hold is then nobody's promise. */
async function startLooker(
  name: string,
  toolbox: Pick<ToolboxPort, 'start'>,
  log: Logger,
  signal: AbortSignal,
): Promise<ToolboxHelper | null> {
  try {
    return await toolbox.start(
      // Descriptors of a process are shown to its own user, and to who may trace it.
      {
        ...{ name, attachTo: { network: 'none' }, pid: 'host', user: '0:0', capabilities: ['SYS_PTRACE', 'DAC_READ_SEARCH'] },
        ttlMs: OBSERVER_TTL_MS,
      },
      signal,
    )
  } catch (error) {
    if (isAborted(signal)) throw error
    log.log('warn', `what processes hold is not watched: ${describeError(error, 300)}`)
    return null
  }
}

async function attempt(work: () => Promise<unknown>): Promise<string[]> {
  try {
    await work()
    return []
  } catch (error) {
    return [explainError(error)]
  }
}

/** null only when the container is really gone: one that is merely silent, or whose daemon is, must make the revert fail. */
export async function currentToxiproxy(
  stack: Pick<StackUnderTest, 'descriptor' | 'containers' | 'toxiproxy'>,
  signal: AbortSignal,
): Promise<ReturnType<StackUnderTest['toxiproxy']>> {
  const service = stack.descriptor.toxiproxy?.service
  if (service === undefined) return null
  const containers = await stack.containers.list(service, AbortSignal.any([signal, AbortSignal.timeout(LIST_LIMIT_MS)]))
  return containers.length === 0 ? null : stack.toxiproxy()
}
