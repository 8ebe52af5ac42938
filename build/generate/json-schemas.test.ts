import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
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

  it('of the result is one that compiles', () => {
    expect(validator('result')({})).toBe(false)
  })
})
