import { describe, expect, it } from 'vitest'
import type { ServiceSpec } from '../../core/descriptor.ts'
import type { FaultDescription } from '../../kinds/fault.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import { chooseControl } from './control.ts'

const service = (name: string, dependsOn: string[] = [], change: Partial<ServiceSpec> = {}): ServiceSpec => ({
  name,
  dependsOn,
  health: { port: 80, path: '/health' },
  replicas: 1,
  control: true,
  data: null,
  ...change,
})
const fault = (services: string[], everything = false): FaultDescription => ({
  targets: services,
  services,
  mechanism: 'test',
  canaryDelayMs: null,
  everything,
})
const SCENARIO: Scenario = {
  id: 'X-001',
  name: 'x',
  suite: 'chaos',
  expectedBehavior: 'x',
  faults: [],
  expect: [],
  durationSeconds: 30,
  profileSeconds: {},
  recoveryLimitSeconds: null,
  control: null,
  mayDie: [],
  exclusive: false,
  freshStack: false,
  mayBeUnused: false,
  source: { file: 'x.json', line: 1 },
}

describe('chooseControl', () => {
  it('takes none that is touched or depends on what is, even through another', () => {
    const services = [service('target'), service('near', ['target']), service('far', ['near']), service('free')]
    expect(chooseControl(SCENARIO, services, [fault(['target'])])).toMatchObject({ service: { name: 'free' }, reason: null })
  })

  it('says why there is none', () => {
    expect(chooseControl(SCENARIO, [service('a'), service('b', ['a'])], [fault(['a'])])).toEqual({
      service: null,
      reason: 'no service with a health page is independent of a',
    })
    expect(chooseControl(SCENARIO, [service('a')], [fault(['b'], true)])).toEqual({
      service: null,
      reason: 'the fault reaches every service',
    })
    expect(chooseControl(SCENARIO, [service('a'), service('b')], [fault(['c']), fault(['b', 'a'])])).toEqual({
      service: null,
      reason: 'the fault reaches every service',
    })
  })

  it('survives services that depend on each other', () => {
    expect(chooseControl(SCENARIO, [service('a', ['b']), service('b', ['a']), service('t')], [fault(['t'])])).toMatchObject({
      service: { name: 'a' },
    })
  })

  it('takes the one that the entry names, touched or not', () => {
    expect(chooseControl({ ...SCENARIO, control: 'b' }, [service('a'), service('b')], [fault(['b'])])).toMatchObject({
      service: { name: 'b' },
      reason: null,
    })
  })

  it.each([
    ['there is no such service', [service('a')]],
    ['it has no health page', [service('a'), service('b', [], { health: null })]],
  ])('says of the one that the entry names that %s', (_why, services) => {
    expect(chooseControl({ ...SCENARIO, control: 'b' }, services, [fault(['c'])])).toEqual({
      service: null,
      reason: "the entry's control b is not a service with a health page",
    })
  })

  it('takes none that the stack keeps out of it, and none without a health page', () => {
    const kept = [service('shy', [], { control: false }), service('mute', [], { health: null })]
    expect(chooseControl(SCENARIO, [...kept, service('free')], [fault(['c'])])).toMatchObject({ service: { name: 'free' } })
    expect(chooseControl(SCENARIO, kept, [fault(['d', 'c']), fault(['e'])])).toEqual({
      service: null,
      reason: 'no service with a health page is independent of c, d, e',
    })
  })

  it('is none as soon as one of several faults reaches everything', () => {
    expect(chooseControl(SCENARIO, [service('a')], [fault(['b']), fault(['c'], true)]).service).toBeNull()
  })

  it('needs to know nothing of what a service depends on outside the stack', () => {
    expect(chooseControl(SCENARIO, [service('a', ['cloud']), service('t')], [fault(['t'])]).service?.name).toBe('a')
  })
})
