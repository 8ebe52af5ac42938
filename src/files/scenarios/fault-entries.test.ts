import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { FaultRequest } from '../../kinds/fault.ts'
import { formatMistake } from '../mistakes.ts'
import { validateScenarioFiles } from './files.ts'

const folder = mkdtempSync(join(tmpdir(), 'chaos-entries-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const BASE = { id: 'T-1', name: 'test', expected_behavior: 'works' }

function validated(fields: object): { faults: readonly FaultRequest[]; mistakes: string[] } {
  const file = join(folder, 'entry.json')
  writeFileSync(file, JSON.stringify({ name: 'a file', scenarios: [{ ...BASE, ...fields }] }))
  const { scenarios, mistakes } = validateScenarioFiles([file])
  const texts = mistakes.map((mistake) => formatMistake(mistake).replace(/^.*?:\d+:\d+: scenarios\[0\](?:\.|: )?/, ''))
  return { faults: scenarios[0]?.faults ?? [], mistakes: texts }
}

const CRASH = { target: 'worker', signal: 'SIGKILL' }
const DISK = { resource: 'disk', target: 'hive', threshold: '100%' }
const CPU = { resource: 'cpu', target: 'hive', threshold: '100%' }
const MEMORY = { resource: 'memory', target: 'worker', threshold: '95%' }

describe('entries become faults', () => {
  it.each<[object, string, object]>([
    [{ ...CRASH, count: 2, via: 'api' }, 'crash', { signal: 'SIGKILL', via: 'api', timing: null, count: { number: 2 } }],
    [{ ...CRASH, timing: 'random', cause: 'oom' }, 'memory', { percent: 100, then: 'oom', count: null }],
    [{ ...CRASH, cause: 'oom', count: '50%' }, 'memory', { percent: 100, then: 'oom', count: { percent: 50 } }],
    [{ ...CRASH, cause: 'signal' }, 'crash', { via: 'kernel' }],
    [{ ...CRASH, timeout_seconds: 5 }, 'unanswered_stop', { signal: 'SIGKILL', timeoutSeconds: 5 }],
    [{ action: 'pause', target: 'worker', count: '100%' }, 'container', { action: 'pause', count: { percent: 100 } }],
    [{ ...DISK, threshold: '1000MiB' }, 'disk', { amount: { bytes: 1_048_576_000, of: 'bytes' }, path: null }],
    [{ ...DISK, of: 'inodes', path: '/data/x' }, 'disk', { amount: { percent: 100, of: 'inodes' }, path: '/data/x' }],
    [{ ...DISK, limit_bytes: 5 }, 'disk', { limitBytes: 5 }],
    [{ ...MEMORY, then: 'oom', count: 2 }, 'memory', { percent: 95, then: 'oom', count: { number: 2 } }],
    [{ ...CPU, count: '100%' }, 'cpu', { percent: 100, count: { percent: 100 } }],
    [{ resource: 'file_descriptors', target: 'queen', threshold: 1_000 }, 'file_descriptors', { headroom: 1_000 }],
    [{ resource: 'connections', target: 'queen', threshold: 1_000 }, 'connections', { connections: 1_000, mode: 'requests' }],
    [{ resource: 'connections', target: 'queen', threshold: 9, mode: 'idle' }, 'connections', { mode: 'idle' }],
    [{ resource: 'vram', target: 'worker', threshold: '50%' }, 'vram', { percent: 50, allowOthers: false }],
    [{ resource: 'vram', target: 'worker', threshold: '9%', allow_others: true }, 'vram', { percent: 9, allowOthers: true }],
  ])('%j', (fields, kind, spec) => {
    const { faults, mistakes } = validated(fields)
    expect(mistakes).toEqual([])
    expect(faults).toHaveLength(1)
    expect(faults[0]?.kind).toBe(kind)
    expect(faults[0]?.spec).toMatchObject(spec)
  })

  it('several at once, each with a spec of its own', () => {
    const toxic = { toxic: 'latency', attributes: { latency: 100 } }
    const { faults, mistakes } = validated({ faults: [CPU, { ...CRASH, count: 2 }, toxic, { action: 'stop', target: 'worker' }] })
    expect(mistakes).toEqual([])
    expect(faults.map(({ kind }) => kind)).toEqual(['cpu', 'crash', 'toxic', 'container'])
  })
})

describe('mistakes of entries', () => {
  it.each<[object, string]>([
    [{ ...CRASH, cause: 'ooom' }, 'cause: must be one of signal, oom, not "ooom"; did you mean "oom"?'],
    [
      { ...CRASH, signal: 'SIGTERM', cause: 'oom' },
      'signal: must be "SIGKILL" with "cause": "oom": that is what the kernel sends',
    ],
    [{ ...CRASH, via: 'api', cause: 'oom' }, 'via: cannot be "api" with "cause": "oom": the kernel kills, not the daemon'],
    [
      { ...CRASH, timeout_seconds: 5, cause: 'oom' },
      'timeout_seconds: has no meaning with "cause": "oom": nobody is asked to stop',
    ],
    [
      { ...CRASH, timing: 'during_inference', cause: 'oom' },
      'timing: must be "random" with "cause": "oom": the kernel chooses the moment',
    ],
    [{ action: 'pauze', target: 'worker' }, 'action: must be one of stop, pause, restart, not "pauze"; did you mean "pause"?'],
    [
      { action: 'stop', target: 'worker', signal: 'SIGKILL' },
      'two kinds of fault in one entry, signal (crash) and action (action): make them two entries',
    ],
    [{ ...CPU, then: 'oom' }, 'then: has no meaning for this resource; only these have it: memory'],
    [{ ...MEMORY, mode: 'idle' }, 'mode: has no meaning for this resource; only these have it: connections'],
    [
      { ...CPU, timing: 'random' },
      'timing: belongs to crash faults, and this entry is a resource fault (it has resource): one entry, one kind',
    ],
    [{ ...CPU, treshold: '5%' }, 'treshold: unknown key; did you mean "threshold"?'],
    [{ ...CPU, threshold: 'ulimit' }, 'threshold: must be a share such as "95%" (1 to 100), not "ulimit"'],
    [
      { resource: 'file_descriptors', target: 'a', threshold: '95%' },
      'threshold: must be "ulimit", or how many more than now may be open (1 to 100000), not "95%"',
    ],
    [
      { resource: 'connections', target: 'a', threshold: '1000' },
      'threshold: must be a whole number in connections, from 1 to 5000, not "1000": write 1000 without quotes and unit',
    ],
    [
      { ...DISK, threshold: '1000MB' },
      'threshold: must be a share such as "95%" (1 to 100) or a size such as "1000MiB" (B, KiB, MiB, GiB), not "1000MB"',
    ],
    [{ ...DISK, of: 'inodes', threshold: '5MiB' }, 'threshold: must be a share such as "100%" where inodes are used up'],
    [{ ...DISK, path: 'data' }, 'path: must be an absolute path in the container, not "data"'],
    [
      { ...CPU, count: '0%' },
      'count: must be a share such as "50%" (1 to 100), or a whole number of containers from 1 to 1000, not "0%"',
    ],
    [{ then: 'oom' }, expect.stringMatching(/^resource: is missing: the entry looks like a resource fault; /) as string],
    [{ target: 'worker' }, expect.stringMatching(/^names no fault: give toxic \+ attributes/) as string],
    [{ faults: [CPU] }, 'faults: takes at least two faults: one alone is an entry of its own'],
    [{ faults: [CPU, 5] }, 'faults[1]: must be an object: one fault'],
    [{ faults: [CPU, { ...MEMORY, id: 'X' }] }, expect.stringMatching(/^faults\[1\]\.id: unknown key; allowed here: /) as string],
    [{ faults: [CPU, { ...MEMORY, threshold: 5 }] }, 'faults[1].threshold: must be a share such as "95%" (1 to 100), not 5'],
    [{ faults: [CPU, { ...CRASH, ...CPU }] }, expect.stringMatching(/^faults\[1\]: two kinds of fault in one entry, /) as string],
    [{ faults: [CPU, {}] }, expect.stringMatching(/^faults\[1\]: names no fault: /) as string],
    [
      { faults: [CPU, { toxic: 'latency', attributes: { latency: 1 }, link: ['all', 'a'] }] },
      'faults[1].link[0]: "all" stands alone: "link": "all"',
    ],
    [
      { ...CPU, faults: [CPU, MEMORY] },
      'two kinds of fault in one entry, resource (resource) and faults (combined): make them two entries',
    ],
  ])('%j', (fields, mistake) => {
    expect(validated(fields).mistakes).toEqual([mistake])
  })

  it('are all told at once, in the order of the file', () => {
    const { mistakes } = validated({
      faults: [
        { ...CPU, threshold: '0%' },
        { ...MEMORY, then: 'ooom' },
      ],
      control: 5,
    })
    expect(mistakes).toHaveLength(3)
  })
})
