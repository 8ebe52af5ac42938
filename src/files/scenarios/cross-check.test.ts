import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CLAUSES } from '../../clauses/registry.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import { ENTRIES } from '../../faults/registry.ts'
import { checkAgainstDescriptor } from './cross-check.ts'
import { loadScenarios } from './files.ts'
import { loadDescriptor } from '../stack/file.ts'

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/scenarios')
const descriptor = loadDescriptor(join(FIXTURES, 'stack/stack.json'))
const files = loadScenarios([join(FIXTURES, 'stack/stress/all-keys.json')])
const [fitting] = files.scenarios as [Scenario]

function messages(change: Partial<Scenario>, stack: Descriptor = descriptor): string[] {
  return checkAgainstDescriptor([{ ...fitting, ...change }], stack).map(({ key, message }) => `${key}: ${message}`)
}

/** The faults of entries that have these keys. */
function breaking(...entries: readonly Readonly<Record<string, unknown>>[]): Partial<Scenario> {
  const faults = entries.map((entry) => {
    const form = ENTRIES.find(({ key, value }) => Object.hasOwn(entry, key) && (value === null || value === entry[key]))
    if (form === undefined) throw new Error('no entry has these keys')
    return form.read(entry)
  })
  return { faults }
}

/** A clause of that kind. */
function asking(kind: string, spec: object): Partial<Scenario> {
  const clause = CLAUSES.find(({ key }) => key === kind)
  if (clause === undefined) throw new Error(`there is no clause ${kind}`)
  return { expect: [clause.read(spec, 'during')] }
}

function toxic(link?: string | readonly string[]): Partial<Scenario> {
  return breaking({ toxic: 'down', ...(link === undefined ? {} : { link }) })
}

describe('checkAgainstDescriptor', () => {
  it('finds nothing in scenarios that fit', () => {
    expect(checkAgainstDescriptor(files.scenarios, descriptor)).toEqual([])
    expect(messages(toxic())).toEqual([])
    expect(messages(toxic('all'))).toEqual([])
  })

  it('finds unknown links and services', () => {
    expect(messages(toxic(['back', 'bakc']))).toEqual([
      'link[1]: there is no link "bakc"; did you mean "back"? (known: back, entry) in stack "sample"',
    ])
    expect(messages(breaking({ target: 'wroker', signal: 'SIGKILL' }))[0]).toContain('target: there is no service "wroker"')
    expect(messages({ control: 'nobody' })[0]).toContain('control: there is no service "nobody"')
    expect(messages({ mayDie: ['worker', 'wroker'] })).toEqual([
      expect.stringContaining('may_die[1]: there is no service "wroker"; did you mean "worker"?'),
    ])
  })

  it('leaves network entries alone on a stack without links, and asks for a name where there is no default', () => {
    expect(messages(toxic(['anything']), { ...descriptor, links: [], defaultLink: null })).toEqual([])
    expect(messages(toxic(), { ...descriptor, defaultLink: null })[0]).toContain('names no link, and there is no default_link')
  })

  it('finds faults that the stack has no pool, data path or request for', () => {
    const crash = (timing: string, target = 'worker'): Partial<Scenario> => breaking({ target, signal: 'SIGKILL', timing })
    const deaf = breaking({ target: 'worker', signal: 'SIGTERM', timeout_seconds: 5 })
    const disk = (target: string): Partial<Scenario> => breaking({ resource: 'disk', target, threshold: '100%' })
    const { pool } = descriptor
    if (pool === null) throw new Error('the fixture has a pool')
    for (const fitting of [crash('during_inference'), crash('random', 'front'), deaf, disk('worker')])
      expect(messages(fitting)).toEqual([])
    expect(messages(crash('during_registration', 'front'))).toEqual([
      'timing: is for members of the pool only, and those are of service "worker" in stack "sample"',
    ])
    expect(messages(crash('during_inference'), { ...descriptor, pool: null })[0]).toContain('timing: needs a pool')
    expect(messages(crash('during_inference'), { ...descriptor, pool: { ...pool, work: null } })[0]).toContain('pool with "work"')
    expect(messages(deaf, { ...descriptor, pool: { ...pool, stop: null } })[0]).toContain(
      'timeout_seconds: needs a pool with "stop"',
    )
    expect(messages(disk('front'))[0]).toContain('names no path, and service "front" has no data path')
  })

  it('finds unknown names in every clause that has one, and a pool clause without a pool', () => {
    const service = { service: 'x', port: 80, path: '/', ended_within_ms: 100 }
    const specs = {
      container: { service: 'x', survives: true },
      metric: { service: 'x', port: 80, path: '/', metric: 'm', change: { at_least: 1 } },
      log: { service: 'x', matches: 'a', at_least: 1 },
      log_gaps: { service: 'x', group_by: 'a', from: 'a', to: 'b', growth: 2, min_gaps: 2, min_groups: 1, share: 1 },
      new_connections: service,
    }
    for (const [key, spec] of Object.entries(specs))
      expect(messages(asking(key, spec))).toEqual([expect.stringContaining(`expect[0].${key}.service: there is no service "x"`)])
    const requests = { request: { within_ms: 100 }, workload: { within_ms: 100, in_flight: 1, good_share: 1 } }
    for (const [key, spec] of Object.entries(requests))
      expect(messages(asking(key, { name: 'toString', ...spec }))).toEqual([
        expect.stringContaining(`expect[0].${key}.name: there is no request "toString"`),
      ])
    const pool = asking('pool', { hit_failed_within_seconds: 3 })
    expect(messages(pool)).toEqual([])
    expect(messages(pool, { ...descriptor, pool: null })[0]).toContain('expect[0].pool: needs a pool')
  })

  it('names the part of a combined entry', () => {
    const parts = ['front', 'wroker'].map((target) => ({ resource: 'cpu', target, threshold: '100%' }))
    expect(messages(breaking(...parts))).toEqual([expect.stringContaining('faults[1].target: there is no service "wroker"')])
  })

  it('tells the exact place with the locator of the files, else the line of the entry', () => {
    const other = { ...descriptor, requests: {} }
    const [exact] = checkAgainstDescriptor(files.scenarios, other, files.locate)
    const [rough] = checkAgainstDescriptor(files.scenarios, other)
    expect(exact).toMatchObject({ file: fitting.source.file, key: 'scenarios[0].expect[1].request.name' })
    expect(exact?.line).toBeGreaterThan(fitting.source.line)
    expect(exact?.column).toBeGreaterThan(1)
    expect(rough).toMatchObject({ line: fitting.source.line, column: 1, key: 'expect[1].request.name' })
  })
})
