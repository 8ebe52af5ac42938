/** Takes a stack down, and proves that it is gone. */
import type Dockerode from 'dockerode'
import { ChaosError, describeError } from '../core/errors.ts'
import type { Logger } from '../ports/reporter.ts'
import type { Compose } from './compose/compose.ts'
import { TOOLBOX_ROLE, type Owner } from './docker/labels.ts'
import { findLeftovers, removeLeftovers, type Leftover, type SweepReport } from './sweep.ts'
import { endHelper } from './helper/container.ts'

const STOP_TIMEOUT_SECONDS = 5

export interface TeardownDeps extends Owner {
  readonly docker: Dockerode
  readonly log: Logger
}

/**
 * Lets compose stop the services in their order, then removes by label whatever is left. Compose failing is no error as
 * long as nothing remains: its file may be gone.
 * @throws NOT_REVERTED naming what could not be removed.
 */
export async function tearDown(compose: Compose, deps: TeardownDeps, signal: AbortSignal): Promise<SweepReport> {
  try {
    await compose.down({ stopTimeoutSeconds: STOP_TIMEOUT_SECONDS, signal })
  } catch (error) {
    if (signal.aborted) throw error
    deps.log.log('warn', `removing by label, as ${describeError(error)}`)
  }
  return sweepOrThrow(deps, signal)
}

/** By label only: no service is asked to stop, so it takes seconds however the stack behaves. */
export async function sweepOrThrow(deps: TeardownDeps, signal: AbortSignal): Promise<SweepReport> {
  return allOrThrow(deps, await removeLeftovers(deps, deps.docker, signal))
}

/**
 * Ours beside the stack, which stays: each helper is asked to end first, as one that still holds a fault undoes it then, and
 * a kill would leave it in the stack for good. One that cannot be ended is left to its lease, which undoes it as well.
 * @throws NOT_REVERTED naming what did not undo its work, and what could not be removed.
 */
export async function removeHelpers(deps: TeardownDeps, signal: AbortSignal): Promise<void> {
  const found = await findLeftovers(deps, deps.docker, signal)
  const problems = await Promise.all(
    found.filter(({ role }) => role === TOOLBOX_ROLE).map((helper) => problemOfEnd(helper, deps, signal)),
  )
  const told = problems.filter((problem) => problem !== null)
  if (told.length > 0) throw new ChaosError('NOT_REVERTED', `the stack that is kept may hold a fault: ${told.join('; ')}`)
  allOrThrow(deps, await removeLeftovers(deps, deps.docker, signal, (item: Leftover) => item.role !== null))
}

/** null when it has ended well, or was gone. */
async function problemOfEnd({ id, name }: Leftover, { docker }: TeardownDeps, signal: AbortSignal): Promise<string | null> {
  try {
    const end = await endHelper(docker.getContainer(id), signal)
    return end === null || end.exitCode === 0 ? null : `${name} ended with ${end.exitCode}: ${end.output}`
  } catch (error) {
    return `${name} could not be ended: ${describeError(error)}`
  }
}

function allOrThrow(deps: TeardownDeps, report: SweepReport): SweepReport {
  if (report.failed.length === 0) return report
  const failures = report.failed.map(({ leftover, error }) => `${leftover.kind} ${leftover.name} (${error})`)
  throw new ChaosError('NOT_REVERTED', `could not be removed: ${failures.join('; ')}`, {
    hint: `Remove what uses them, then run \`chaos-action cleanup --run ${deps.runId}\`.`,
  })
}

/** Removes the stack's containers and volumes and keeps its networks, with the helpers that are on them. @throws NOT_REVERTED. */
export async function clearStack(deps: TeardownDeps, signal: AbortSignal): Promise<void> {
  const ofStack = (item: Leftover): boolean => item.role === null && (item.kind === 'container' || item.kind === 'volume')
  const report = await removeLeftovers(deps, deps.docker, signal, ofStack)
  const left = (await findLeftovers(deps, deps.docker, signal)).filter(ofStack)
  if (left.length === 0) return
  const errors = report.failed.map(({ error }) => error).join('; ')
  const text = `the stack cannot be recreated: ${left.map(({ name }) => name).join(', ')} remained (${errors})`
  throw new ChaosError('NOT_REVERTED', text)
}
