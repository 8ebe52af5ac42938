import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { outputs } from './outputs.ts'

const ROOT = join(import.meta.dirname, '../..')
const FIXTURES = join(ROOT, 'test/fixtures/scenarios')

function read(path: string): object {
  return JSON.parse(readFileSync(path, 'utf8')) as object
}

function validator(name: string): ValidateFunction {
  const output = outputs().find(({ path }) => path === `schema/${name}.schema.json`)
  return new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(
    JSON.parse(output?.content ?? '') as object,
  )
}

interface Described {
  readonly properties: string[]
  /** Those that have no sentence. */
  readonly others: string[]
}

/** Looks into everything, whatever keyword of JSON Schema it stands under. */
function describedIn(
  schema: object,
  path: readonly string[] = [],
  said = /^[A-Z0-9].*\.$/s,
  found: Described = { properties: [], others: [] },
): Described {
  for (const [key, value] of Object.entries(schema) as [string, unknown][]) {
    if (typeof value !== 'object' || value === null) continue
    if (key !== 'properties') {
      describedIn(value, [...path, key], said, found)
      continue
    }
    for (const [name, property] of Object.entries(value) as [string, { readonly description?: string }][]) {
      const here = [...path, name]
      found.properties.push(here.join('.'))
      if (!said.test(property.description ?? '') && !('$ref' in property)) found.others.push(here.join('.'))
      describedIn(property, here, said, found)
    }
  }
  return found
}

describe('JSON Schemas', () => {
  it('are committed as they are generated', () => {
    for (const { path, content } of outputs()) expect(readFileSync(join(ROOT, path), 'utf8'), path).toBe(content)
  })

  it('take the files that the program takes', () => {
    const scenarios = validator('scenarios')
    for (const file of ['chaos/plain.json', 'stack/stress/all-keys.json']) {
      scenarios(read(join(FIXTURES, file)))
      expect(scenarios.errors ?? []).toEqual([])
    }
    const stack = validator('stack')
    stack(read(join(FIXTURES, 'stack/stack.json')))
    expect(stack.errors ?? []).toEqual([])
  })

  it('refuse every entry with a mistake that a schema can see', () => {
    const scenarios = validator('scenarios')
    const file = read(join(FIXTURES, 'mistakes.json')) as { scenarios: { id?: string }[] }
    const taken = file.scenarios.filter((entry) => scenarios({ name: 'x', scenarios: [entry] })).map(({ id }) => id)
    // Two values compared with each other (M-09) and keys repeated over entries are beyond a JSON Schema.
    expect(taken).toEqual(['M-09'])
  })

  it('offer the attributes of each toxic on its own', () => {
    const scenarios = validator('scenarios')
    const entry = { id: 'A', name: 'a', expected_behavior: 'x' }
    expect(scenarios({ name: 'x', scenarios: [{ ...entry, toxic: 'bandwidth', attributes: { rate: 10 } }] })).toBe(true)
    expect(scenarios({ name: 'x', scenarios: [{ ...entry, toxic: 'bandwidth', attributes: { latency: 10 } }] })).toBe(false)
    expect(scenarios({ name: 'x', scenarios: [{ ...entry, toxic: 'bandwidth' }] })).toBe(false)
  })

  it('offer a log to be read as JSON or as text, not as both', () => {
    const scenarios = validator('scenarios')
    const taken = (clause: object): boolean =>
      scenarios({ name: 'x', scenarios: [{ id: 'A', name: 'a', expected_behavior: 'x', toxic: 'down', expect: [clause] }] })
    const log = { service: 'web', at_most: 0 }
    expect([{ matches: 'a' }, { line_regex: 'a' }].map((way) => taken({ log: { ...log, ...way } }))).toEqual([true, true])
    expect([{}, { matches: 'a', line_regex: 'a' }].map((way) => taken({ log: { ...log, ...way } }))).toEqual([false, false])
    const gaps = { service: 'web', growth: 2, min_gaps: 2, min_groups: 1, share: 1 }
    const json = { group_by: 'a', from: 'a', to: 'b' }
    const text = { group_by_regex: 'a', from_regex: 'a', to_regex: 'b' }
    const ways = [json, text, {}, { ...json, ...text }, { ...text, from: 'a' }, { ...text, at: 'a' }]
    expect(ways.map((way) => taken({ log_gaps: { ...gaps, ...way } }))).toEqual([true, true, false, false, false, false])
  })

  it('of the result is one that compiles', () => {
    expect(validator('result')({})).toBe(false)
  })

  it.each(['load', 'scenarios', 'stack'])('of the %s file describe every property at every depth', (name) => {
    const { properties, others } = describedIn(read(join(ROOT, `schema/${name}.schema.json`)), [], /^.{4}/s)
    expect(properties.length).toBeGreaterThan(20)
    expect(others).toEqual([])
  })

  it('of the result describes every property at every depth, in whole sentences', () => {
    const { properties, others } = describedIn(read(join(ROOT, 'schema/result.schema.json')))
    expect(properties.length).toBeGreaterThan(190)
    expect(others).toEqual([])
  })

  it('finds what is not described in lists, records and alternatives', () => {
    const bare = z.object({ here: z.string(), said: z.string().describe('It is said.') })
    const said = z.object({
      list: z.array(bare).describe('A list.'),
      record: z.record(z.string(), bare).describe('A record.'),
      either: z.union([z.null(), bare]).describe('One of two.'),
      pair: z.tuple([bare]).describe('no sentence'),
    })
    const schema = z.toJSONSchema(said, { reused: 'inline' })
    const places = ['list.items', 'record.additionalProperties', 'either.anyOf.1', 'pair.prefixItems.0']
    expect(describedIn(schema).others.toSorted()).toEqual([...places.map((place) => `${place}.here`), 'pair'].toSorted())
  })
})
