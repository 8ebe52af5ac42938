import { msBetween } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import type { ContainerEvent, ContainerState } from '../../ports/docker.ts'
import { died, event, HIT_MS, state, subject } from './container.fixture.ts'
import { lifeOf, type Life } from './life.ts'

interface Told extends Pick<Life, 'status' | 'laterDeaths'> {
  readonly death: { readonly afterMs: number; readonly exitCode: number | null } | null
  readonly oomAfterMs: number | null
  readonly againAfterMs: number | null
}

/** What is told of a container that was hit, times from the hit on. */
function life(events: readonly ContainerEvent[], states: readonly ContainerState[] = [state()], change = {}): Told {
  const { status, death, oomAtWallMs, againAtWallMs, laterDeaths } = lifeOf(subject('w1', change), { events, states })
  return {
    status,
    death: death === null ? null : { exitCode: death.exitCode, afterMs: msBetween(HIT_MS, death.atWallMs) },
    oomAfterMs: oomAtWallMs === null ? null : msBetween(HIT_MS, oomAtWallMs),
    againAfterMs: againAtWallMs === null ? null : msBetween(HIT_MS, againAtWallMs),
    laterDeaths,
  }
}

const ALIVE: Told = { status: 'running', death: null, oomAfterMs: null, againAfterMs: null, laterDeaths: 0 }
const DEAD: Told = { ...ALIVE, death: { afterMs: 300, exitCode: 137 } }
const down = [state({ status: 'exited', pid: 0 })]
const same = [state({ pid: 100 })]

describe('the life of a container', () => {
  it.each<[string, Told, ContainerEvent[], ContainerState[]]>([
    ['with nothing to tell', ALIVE, [], same],
    ['with the deaths of others', ALIVE, [died(300, '137', 'w2'), event(400, 'start', {}, 'w2')], same],
    ['with a death that the process that was hit has survived', ALIVE, [died(300), event(400, 'start')], same],
    ['with a death of long before the hit', ALIVE, [died(-1_001), event(-900, 'start')], [state()]],
    ['that ended', { ...DEAD, status: 'exited' }, [died(300)], down],
    ['that ended and is gone', { ...DEAD, status: 'gone' }, [died(300), event(400, 'destroy')], []],
    [
      'that ended just before the hit was told',
      { ...DEAD, death: { afterMs: -1_000, exitCode: 137 } },
      [died(-1_000)],
      [state()],
    ],
    ['that began again', { ...DEAD, againAfterMs: 800 }, [died(300), event(800, 'start')], [state()]],
    ['that began again in the same millisecond', { ...DEAD, againAfterMs: 300 }, [died(300), event(300, 'start')], [state()]],
    ['that is said to run and has no process', DEAD, [died(300), event(800, 'start')], [state({ pid: 0 })]],
    [
      'that is said to be down and has one',
      { ...DEAD, status: 'paused' },
      [died(300), event(800, 'start')],
      [state({ status: 'paused' })],
    ],
    ['that runs again though nobody told of a start', DEAD, [event(200, 'start'), died(300)], [state()]],
    [
      'that fell twice more, and counts from the last time',
      { ...DEAD, againAfterMs: 2_000, laterDeaths: 2 },
      [died(300), event(800, 'start'), died(900), event(1_000, 'start'), died(1_100, '1'), event(2_000, 'start')],
      [state()],
    ],
    ['whose exit code nobody told', { ...DEAD, death: { afterMs: 300, exitCode: null } }, [event(300, 'die')], [state()]],
  ])('%s', (_what, told, events, states) => {
    expect(life(events, states)).toEqual(told)
  })

  it('whose pid was not known began again all the same', () => {
    expect(life([died(300), event(800, 'start')], [state()], { pid: 0 })).toEqual({ ...DEAD, againAfterMs: 800 })
  })

  it.each<[string, number | null, ContainerEvent[], ContainerState[]]>([
    ['before its death', 290, [event(290, 'oom'), died(300)], down],
    ['half a second after it at most', 800, [died(300), event(800, 'oom')], down],
    ['no later', null, [died(300), event(801, 'oom')], down],
    ['of the life after it', null, [died(300), event(900, 'start'), event(950, 'oom'), died(960)], down],
    ['that spared the main process', 300, [event(300, 'oom')], same],
    ['of another container', null, [event(290, 'oom', {}, 'w2'), died(300)], down],
    ['of long before the hit', null, [event(-1_001, 'oom'), died(300)], down],
  ])('knows of an oom %s', (_when, oomAfterMs, events, states) => {
    expect(life(events, states).oomAfterMs).toBe(oomAfterMs)
  })
})
