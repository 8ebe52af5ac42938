import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scenario } from '../../kinds/scenario.ts'
import { perThirdRule } from '../../faults/connection-resets/entry.ts'
import { percentRule } from '../../faults/packet-loss/entry.ts'
import type { AttributeRule } from '../../faults/shared/links/keys.ts'
import { TOXIPROXY_TOXICS } from '../../faults/toxic/toxics.ts'
import { formatMistake } from '../mistakes.ts'
import { MAX_SOURCE_BYTES } from '../read-source.ts'
import { GROUPS, WAYS } from './entry-groups.ts'
import { loadScenarios, validateScenarioFiles } from './files.ts'

const TOXICS: Readonly<Record<string, readonly AttributeRule[]>> = {
  ...TOXIPROXY_TOXICS,
  packet_loss: [percentRule],
  connection_resets: [perThirdRule],
}

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/scenarios')
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chaos-config-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

const BASE = { id: 'T-1', name: 'test', expected_behavior: 'works' }
const LATENCY = { ...BASE, toxic: 'latency', attributes: { latency: 100 } }
const CRASH = { ...BASE, target: 'worker', signal: 'SIGKILL' }
const DISK = { ...BASE, resource: 'disk', target: 'hive', threshold: '100%' }
/** Kinds of entries that are aimed at a service. */
const AIMED = GROUPS.filter(({ keys }) => keys.includes('target')).map(({ name }) => name)

/** `key: message` of the mistakes of a file with these entries. */
function mistakesOf(...entries: unknown[]): string[] {
  const file = write('entries.json', JSON.stringify({ name: 'test', scenarios: entries }))
  return validateScenarioFiles([file]).mistakes.map(({ key, message }) => `${key}: ${message}`)
}

function scenarioOf(entry: unknown, name = 'entry.json', file: object = {}): Scenario | undefined {
  const path = write(name, JSON.stringify({ name: 'test', ...file, scenarios: [entry] }))
  return loadScenarios([path]).scenarios[0]
}

describe('entries as the scenarios become', () => {
  it('takes a network entry of the six plain keys', () => {
    const entry = { ...LATENCY, id: 'NF-006', attributes: { latency: 1_000 }, duration_seconds: 60 }
    const { faults, ...rest } = scenarioOf(entry) ?? {}
    expect(rest).toEqual({
      id: 'NF-006',
      name: 'test',
      suite: 'chaos',
      expectedBehavior: 'works',
      expect: [],
      durationSeconds: 60,
      profileSeconds: {},
      recoveryLimitSeconds: null,
      control: null,
      mayDie: [],
      exclusive: false,
      freshStack: false,
      mayBeUnused: false,
      source: { file: join(folder, 'entry.json'), line: 1 },
    })
    expect(faults).toMatchObject([
      {
        kind: 'toxic',
        spec: {
          toxic: 'latency',
          attributes: { latency: 1_000 },
          links: null,
          allLinks: false,
          stream: 'downstream',
          toxicity: 1,
        },
      },
    ])
  })

  it('takes all kinds in their plain form', () => {
    const { scenarios, mistakes } = validateScenarioFiles([join(FIXTURES, 'chaos/plain.json')])
    expect(mistakes).toEqual([])
    expect(scenarios).toHaveLength(15)
    expect(scenarios.map(({ faults }) => faults[0]?.kind)).toEqual([
      ...Array.from({ length: 5 }, () => 'toxic'),
      ...['crash', 'crash', 'crash', 'unanswered_stop', 'crash'],
      ...['disk', 'memory', 'cpu', 'file_descriptors', 'vram'],
    ])
    const target = 'mock-worker'
    expect(scenarios[5]?.faults[0]?.spec).toEqual({
      ...{ target, signal: 'SIGKILL', via: 'kernel', timing: 'during_inference', count: null },
    })
    expect(scenarios[8]?.faults[0]?.spec).toEqual({ target, signal: 'SIGTERM', timeoutSeconds: 5 })
    expect(scenarios[9]?.faults[0]?.spec).toMatchObject({ timing: null, count: { percent: 50 } })
    expect(scenarios[10]?.faults[0]?.spec).toEqual({
      ...{ target: 'rbee-hive', amount: { of: 'bytes', percent: 100 }, path: null, limitBytes: null },
    })
    expect(scenarios[11]?.faults[0]?.spec).toEqual({ target, percent: 95, then: 'hold', count: null })
    expect(scenarios[13]?.faults[0]?.spec).toEqual({ target: 'rbee-hive', headroom: 16 })
    expect(scenarios[5]?.durationSeconds).toBe(30)
  })

  it('takes every optional key', () => {
    const [scenario] = loadScenarios([join(FIXTURES, 'stack/stress/all-keys.json')]).scenarios
    expect(scenario).toMatchObject({
      suite: 'stress',
      control: 'worker',
      mayDie: ['worker'],
      recoveryLimitSeconds: 15,
      profileSeconds: { quick: 7 },
      faults: [{ spec: { links: ['back'], allLinks: false, stream: 'both', toxicity: 0.5 } }],
    })
    expect(scenario?.expect.map(({ phase, kind }) => [phase, kind])).toEqual([
      ['during', 'canary'],
      ['after', 'request'],
      ['during', 'log_gaps'],
    ])
    expect(scenario?.expect[0]?.spec).toEqual({ success_rate: 1, slower_by_fault: { tolerance: 0.3 } })
  })

  it.each([
    ['all', null, true],
    ['a', ['a'], false],
    [['a', 'b'], ['a', 'b'], false],
  ])('reads link %j', (link, links, allLinks) => {
    expect(scenarioOf({ ...LATENCY, link })?.faults[0]?.spec).toMatchObject({ links, allLinks })
  })

  it('reads packet loss and resets as faults of their own', () => {
    const loss = scenarioOf({ ...BASE, toxic: 'packet_loss', attributes: { percent: 30 }, link: 'a' })
    expect(loss?.faults).toMatchObject([{ kind: 'packet_loss', spec: { percent: 30, links: ['a'], allLinks: false } }])
    const resets = scenarioOf({ ...BASE, toxic: 'connection_resets' })
    expect(resets?.faults).toMatchObject([{ kind: 'connection_resets', spec: { perThird: 3, links: null, allLinks: false } }])
    const more = scenarioOf({ ...BASE, toxic: 'connection_resets', attributes: { per_third: 5 } })
    expect(more?.faults[0]?.spec).toMatchObject({ perThird: 5 })
  })

  it('takes the suite from the key, else from the folder', () => {
    expect(scenarioOf(CRASH, 'stress/a.json')?.suite).toBe('stress')
    expect(scenarioOf(CRASH, 'stress/deeper/a.json')?.suite).toBe('chaos')
    expect(scenarioOf(CRASH, 'stress/a.json', { suite: 'chaos' })?.suite).toBe('chaos')
  })

  it('tells the line of each entry', () => {
    const file = write(
      'lines.json',
      `{"name": "x", "scenarios": [\n${JSON.stringify(CRASH)},\n\n${JSON.stringify({ ...DISK, id: 'T-2' })}]}`,
    )
    expect(loadScenarios([file]).scenarios.map(({ source }) => source.line)).toEqual([2, 4])
  })
})

describe('toxics', () => {
  const valid: Record<string, Record<string, number>> = {
    latency: { latency: 1, jitter: 0 },
    bandwidth: { rate: 0 },
    slow_close: { delay: 1 },
    timeout: { timeout: 0 },
    reset_peer: { timeout: 0 },
    slicer: { average_size: 10, size_variation: 9, delay: 1 },
    limit_data: { bytes: 0 },
    down: {},
    packet_loss: { percent: 0.5 + 0.5 },
    connection_resets: { per_third: 50 },
  }

  it.each(Object.keys(TOXICS))('%s: each attribute is required or not, ranged, and the only ones', (toxic) => {
    const attributes = valid[toxic] ?? {}
    expect(mistakesOf({ ...BASE, toxic, attributes })).toEqual([])
    for (const rule of TOXICS[toxic] ?? []) {
      const at = `scenarios[0].attributes.${rule.name}: `
      const without = Object.fromEntries(Object.entries(attributes).filter(([key]) => key !== rule.name))
      const missing = mistakesOf({ ...BASE, toxic, attributes: without })
      expect(missing.some((mistake) => mistake.startsWith(`${at}is missing`))).toBe(rule.required)
      for (const bad of [rule.minimum - 1, rule.maximum + 1, '1ms', null, ...(rule.integer ? [rule.minimum + 0.5] : [])]) {
        const mistakes = mistakesOf({ ...BASE, toxic, attributes: { ...attributes, [rule.name]: bad } })
        expect(mistakes[0], JSON.stringify(bad)).toContain(`${at}must be a`)
      }
    }
    expect(mistakesOf({ ...BASE, toxic, attributes: { ...attributes, toString: 1 } })).toEqual([
      expect.stringContaining('scenarios[0].attributes.toString: unknown key'),
    ])
  })

  it.each(['toString', 'constructor', '__proto__', '', 5, null, {}])('refuses the toxic %j', (toxic) => {
    expect(mistakesOf({ ...LATENCY, toxic })[0]).toContain('scenarios[0].toxic: must be one of latency, bandwidth')
  })
})

describe('mistakes', () => {
  it('tells all of them with their places', async () => {
    const lines = validateScenarioFiles([join(FIXTURES, 'mistakes.json')]).mistakes.map(formatMistake)
    const text = `${lines.join('\n')}\n`.replaceAll(`${FIXTURES}/`, '')
    await expect(text).toMatchFileSnapshot(join(FIXTURES, 'mistakes.txt'))
  })

  it.each([
    [
      { ...LATENCY, attributes: { latency: '500ms' } },
      'attributes.latency: must be a whole number in ms, from 1 to 86400000, not "500ms": write 500 without quotes and unit',
    ],
    [
      { ...LATENCY, attributes: { latency: '5s' } },
      'attributes.latency: must be a whole number in ms, from 1 to 86400000, not "5s"',
    ],
    [{ ...LATENCY, duration_seconds: 0 }, 'duration_seconds: must be a number in s, above 0 and up to 86400, not 0'],
    [{ ...LATENCY, duration_seconds: 86_401 }, 'duration_seconds: must be a number in s, above 0 and up to 86400, not 86401'],
    [{ ...LATENCY, toxicity: 1.1 }, 'toxicity: must be a number, above 0 and up to 1, not 1.1'],
    [{ ...LATENCY, stream: 'up' }, 'stream: must be one of upstream, downstream, both, not "up"'],
    [{ ...LATENCY, link: [] }, 'link: must have at least 1 item, not 0'],
    [{ ...LATENCY, expect: [] }, 'expect: is an empty list: leave it out, or say what must hold'],
    [{ ...LATENCY, expected_behavior: undefined }, 'expected_behavior: is missing: it must be text of 1 to 4000 characters'],
    [{ ...LATENCY, expected_behavior: '' }, 'expected_behavior: must be text of 1 to 4000 characters, not ""'],
    [
      { ...CRASH, count: '0%' },
      'count: must be a share such as "50%" (1 to 100), or a whole number of containers from 1 to 1000, not "0%"',
    ],
    [{ ...CRASH, target: undefined }, 'target: is missing: it must be the name of a compose service'],
    [{ ...CRASH, timing: 'sometimes' }, 'timing: must be one of during_inference, during_registration, random, not "sometimes"'],
    [
      { ...DISK, resource: 'dsk' },
      'resource: must be one of disk, memory, cpu, file_descriptors, connections, vram, not "dsk"; did you mean "disk"?',
    ],
    [
      { ...CRASH, stream: 'both' },
      'stream: belongs to network faults, and this entry is a crash fault (it has signal): one entry, one kind',
    ],
    [
      { ...LATENCY, target: 'a' },
      `target: belongs to ${AIMED.join(' and ')} faults, and this entry is a network fault (it has toxic): one entry, one kind; a network fault is aimed with link`,
    ],
    [
      { ...BASE, attributes: { latency: 1 } },
      `toxic: is missing: the entry looks like a network fault; a fault is given by ${WAYS} or faults (combined)`,
    ],
  ])('%j', (entry, message) => {
    expect(mistakesOf(entry)).toEqual([`scenarios[0].${message}`])
  })

  it.each(['a b', 'a/b', 'a\nb', '-a', '', 'a'.repeat(65), '../x', 'é', 5])('refuses the id %j', (id) => {
    expect(mistakesOf({ ...CRASH, id })).toEqual([expect.stringContaining('scenarios[0].id: must be an id of 1 to 64 letters')])
  })

  it('tells a number beyond what can be represented', () => {
    const file = write(
      'huge.json',
      JSON.stringify({ name: 'x', scenarios: [{ ...CRASH, duration_seconds: 77 }] }).replace('77', '1e999'),
    )
    expect(validateScenarioFiles([file]).mistakes[0]?.message).toContain('not a number beyond what can be represented')
  })

  it('refuses files without a scenario, without a list of them, and that are no object', () => {
    expect(mistakesOf()).toEqual(['scenarios: is empty: a file without a scenario checks nothing'])
    const list = write('list.json', '[]')
    const none = write('none.json', '{"name": "x", "scenarios": {}}')
    expect(validateScenarioFiles([list, none]).mistakes.map(({ message }) => message)).toEqual([
      'must be an object, not a list',
      'must be a list, not an object',
    ])
  })
})

describe('several files', () => {
  it('tells an id that is taken, with both places', () => {
    const one = write('one.json', JSON.stringify({ name: 'x', scenarios: [CRASH] }))
    const two = write('two.json', `{"name": "x",\n"scenarios": [${JSON.stringify(DISK)}]}`)
    const { scenarios, mistakes } = validateScenarioFiles([one, two])
    expect(scenarios).toHaveLength(1)
    expect(mistakes).toEqual([
      {
        file: two,
        line: 2,
        column: 21,
        key: 'scenarios[0].id',
        message: `"T-1" is taken by ${one}:1:32: ids are unique over all files`,
      },
    ])
  })

  it('reads the same file once, whatever its names', () => {
    const file = write('same.json', JSON.stringify({ name: 'x', scenarios: [CRASH] }))
    const link = join(folder, 'link.json')
    symlinkSync(file, link)
    expect(loadScenarios([file, join(folder, '.', 'same.json'), link]).scenarios).toHaveLength(1)
  })

  it('goes on after a file that cannot be read', () => {
    const good = write('good.json', JSON.stringify({ name: 'x', scenarios: [CRASH] }))
    const { scenarios, mistakes } = validateScenarioFiles([join(folder, 'absent.json'), folder, good])
    expect(scenarios).toHaveLength(1)
    expect(mistakes.map(({ message }) => message)).toEqual(['there is no such file', 'this is a folder, not a file'])
  })

  it('throws all mistakes for those that need the scenarios', () => {
    expect(() => loadScenarios([join(folder, 'absent.json')])).toThrow(
      /cannot be used:\n.*absent\.json:1:1: there is no such file/,
    )
  })

  it('refuses more files than anyone has', () => {
    const { mistakes } = validateScenarioFiles(Array.from({ length: 501 }, (_, index) => `${index}.json`))
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]?.message).toContain('501 files were named; at most 500')
  })
})

describe('hostile files', () => {
  it.each<[string, () => string | Uint8Array, string]>([
    ['empty', () => '', 'the file is empty'],
    ['no JSON', () => '#!/bin/sh\necho hello', 'unexpected character "#"'],
    ['no UTF-8', () => Uint8Array.from([0x7b, 0xff, 0xfe, 0x7d]), 'the file is not UTF-8 text'],
    ['UTF-16', () => Buffer.from('\uFEFF{}', 'utf16le'), 'the file is not UTF-8 text'],
    ['too large', () => `{"name":"${'x'.repeat(MAX_SOURCE_BYTES)}"}`, 'bytes; at most 8388608 are read'],
    ['200,000 levels', () => `{"scenarios":${'['.repeat(200_000)}`, 'nested deeper than 64 levels'],
    [
      '200,000 entries',
      () => `{"name":"x","scenarios":[${'{"id":"a"},'.repeat(200_000)}{}]}`,
      'scenarios has more than 1000 items',
    ],
  ])('%s', (_name, content, message) => {
    const { scenarios, mistakes } = validateScenarioFiles([write('hostile.json', content())])
    expect(scenarios).toEqual([])
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]?.message).toContain(message)
  })

  it('keeps the messages of 1,000 wrong entries with a thousand wrong keys each short', () => {
    const keys = Object.fromEntries(Array.from({ length: 190 }, (_, index) => [`${'k'.repeat(60)}${index}`, 0]))
    const file = write('many.json', JSON.stringify({ name: 'x', scenarios: Array.from({ length: 500 }, () => keys) }))
    const { mistakes } = validateScenarioFiles([file])
    expect(mistakes).toHaveLength(101)
    expect(mistakes.at(-1)).toMatchObject({ key: '', more: expect.any(Number) as number })
    expect(mistakes.at(-1)?.more).toBeGreaterThan(90_000)
  })

  it('does not let a key of the file reach the prototypes', () => {
    const text =
      '{"name":"x","scenarios":[{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}],"__proto__":{"polluted":true}}'
    const { mistakes } = validateScenarioFiles([write('proto.json', text)])
    expect(mistakes.filter(({ message }) => message.includes('is refused everywhere'))).toHaveLength(4)
    expect('polluted' in {}).toBe(false)
  })

  it('prints neither line breaks nor escape sequences of the file', () => {
    const [line] = mistakesOf({ ...CRASH, id: 'x\n::error::y\u001b[2J', '\u001b]0;k\n': 1 })
    const all = mistakesOf({ ...CRASH, id: 'x\n::error::y\u001b[2J', '\u001b]0;k\n': 1 }).join('')
    expect(line).toContain('\\n::error::y\\u001b[2J')
    expect(Array.from(all).every((character) => character >= ' ')).toBe(true)
  })
})
