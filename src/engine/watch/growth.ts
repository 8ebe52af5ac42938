/**
 * What containers hold: after the fault no more than before, but for what a healthy one varies by. Open connections are no sign: pools keep
 * those of a crowd for a minute and more. One that the other side has closed is.
 */
import { describeError } from '../../core/errors.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'
import { isAborted } from '../../core/time/wait.ts'
import type { Holdings } from '../../toolbox/operations/processes/holdings.ts'
import type { EngineDeps } from '../deps.ts'
import type { ConnectionLook, Trail } from './connections.ts'

/** Seldom: a look reads hundreds of files of /proc. What is under way just then is held as well, for which much is free. */
const LOOK_EVERY_MS = 750
/** A container may hold this much more than before, or this share. */
// 27 MiB of memory more than before were seen of healthy services.
const FREE = { files: 24, unclosed: 16, threads: 16, memoryKiB: 64 * 1_024 } as const
/** A heap that a crowd has grown is given back by and by: 75 MiB more than before were seen of a healthy service. */
const FREE_AFTER_CROWD = { ...FREE, memoryKiB: 192 * 1_024 } as const
const FREE_SHARE = 0.5

type Kind = keyof typeof FREE
type Free = Readonly<Record<Kind, number>>
const KINDS: Readonly<Record<Kind, string>> = {
  files: 'files',
  unclosed: 'connections that the other side has closed',
  threads: 'threads',
  memoryKiB: 'KiB of memory',
}

/** The least that a container's main process held at any look: what is under way comes and goes. */
export interface Held extends Readonly<Record<Kind, number | null>> {
  readonly name: string
  readonly startTicks: number
}

export interface HeldSeen {
  readonly looks: number
  /** By container. */
  readonly least: ReadonlyMap<string, Held>
  /** By container, of its newest process. */
  readonly trails: ReadonlyMap<string, Trail>
}

/** Fills with each look. */
export class HeldLooks implements HeldSeen {
  looks = 0
  readonly least = new Map<string, Held>()
  readonly trails = new Map<string, Trail>()
}

type WatchDeps = Pick<EngineDeps, 'clock' | 'stack' | 'containers' | 'looker' | 'log'>

/** Looks until `signal` ends it, into `seen`; null where nobody may look. Never throws. */
export async function watchHeld(
  { clock, stack, containers, looker, log }: WatchDeps,
  signal: AbortSignal,
  seen = new HeldLooks(),
): Promise<HeldSeen | null> {
  const helper = looker()
  if (helper === null) return null
  const { least, trails } = seen
  try {
    // The proxy is ours: what a cut network leaves half open there is no promise of the system.
    const ours = ['', stack.descriptor.toxiproxy?.service]
    const running = (await containers.all(signal)).filter(({ pid, service }) => pid > 0 && !ours.includes(service))
    const known = new Map(running.map((one) => [one.id, one]))
    const processes = running.map(({ pid, id }) => ({ pid, containerId: id }))
    while (processes.length > 0 && !isAborted(signal)) {
      for (const held of await helper.call('process.holdings', { processes }, signal)) {
        const { containerId } = held
        const of = known.get(containerId)
        if (of === undefined) continue
        const { name, service } = of
        least.set(containerId, leastOf(least.get(containerId), held, name))
        const { startTicks, connections } = held
        if (connections === null) continue
        const looks = longer(trails.get(containerId), startTicks, { atMs: clock.nowMs(), ...connections })
        trails.set(containerId, { name, service, startTicks, looks })
      }
      seen.looks += 1
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
    }
  } catch (error) {
    if (!isAborted(signal)) log.log('warn', `what processes hold could not be read: ${describeError(error, 300)}`)
  }
  return seen
}

/** For as long as a steady state or a recovery may take. */
const MOST_LOOKS = 120

function longer(before: Trail | undefined, startTicks: number, look: ConnectionLook): ConnectionLook[] {
  return before?.startTicks === startTicks ? [...before.looks, look].slice(-MOST_LOOKS) : [look]
}

function leastOf(before: Held | undefined, { startTicks, files, unclosed, threads, memoryKiB }: Holdings, name: string): Held {
  if (before?.startTicks !== startTicks) return { name, startTicks, files, unclosed, threads, memoryKiB }
  const less = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b))
  return {
    ...{ name, startTicks, files: less(before.files, files) },
    ...{ unclosed: less(before.unclosed, unclosed), threads: less(before.threads, threads) },
    memoryKiB: less(before.memoryKiB, memoryKiB),
  }
}

interface Pair {
  readonly was: Held
  readonly is: Held
}

/** null where nothing can be said. `isCrowd`: many more than usual have just been there. A container that was started anew has nothing to be held against. */
export function judgeHeld(before: HeldSeen | null, after: HeldSeen | null, isCrowd: boolean): ExpectationResult | null {
  if (before === null || after === null || before.looks === 0 || after.looks === 0) return null
  const pairs = [...before.least].flatMap(([id, was]): Pair[] => {
    const is = after.least.get(id)
    // Whose files nobody was shown was not looked at.
    const isSeen = was.files !== null && is?.files !== null
    return isSeen && is?.startTicks === was.startTicks ? [{ was, is }] : []
  })
  if (pairs.length === 0) return null
  const free = isCrowd ? FREE_AFTER_CROWD : FREE
  const grown = pairs.flatMap(({ was, is }) => (Object.keys(FREE) as Kind[]).flatMap((kind) => grownBy(was, is, kind, free)))
  return {
    ...{
      phase: 'after',
      text: 'growth',
      expected: 'no container holds much more than before: files, given up connections, threads, memory',
    },
    observed: grown.length === 0 ? `none of ${pairs.length}${mostMemory(pairs)}` : grown.slice(0, 10).join('; '),
    met: grown.length === 0,
  }
}

/** For who wants to know how near it was; empty where nobody was shown it. */
function mostMemory(pairs: readonly Pair[]): string {
  const more = pairs.flatMap(({ was, is }) =>
    was.memoryKiB === null || is.memoryKiB === null ? [] : [is.memoryKiB - was.memoryKiB],
  )
  return more.length === 0 ? '' : `, their memory by ${Math.max(0, Math.ceil(Math.max(...more) / 1_024))} MiB at most`
}

function grownBy(was: Held, is: Held, kind: Kind, free: Free): string[] {
  // What was not shown has not grown, nor has anything grown beyond it.
  const [before, now] = [was[kind] ?? Infinity, is[kind] ?? 0]
  const limit = before + Math.max(free[kind], before * FREE_SHARE)
  return now > limit ? [`${was.name} holds ${now} ${KINDS[kind]}, ${before} before`] : []
}
