import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { wrapperOf } from './wrapper.ts'

const DEFAULT = ['default']

describe('the module that k6 is given', () => {
  it('exports what the script does, and its options with ours over them', () => {
    const lines = wrapperOf('/scripts/a "b".js', { tags: { run: 'x' } }, DEFAULT).split('\n')
    expect(lines.slice(1, 3)).toEqual([
      'import * as script from "/scripts/a \\"b\\".js";',
      'export * from "/scripts/a \\"b\\".js";',
    ])
    expect(lines.slice(-6)).toEqual([
      'const own = { ...script.options };',
      'for (const key of []) delete own[key];',
      expect.stringContaining('own.systemTags'),
      'export const options = { ...own, ...{"tags":{"run":"x"}} };',
      'export default guarded(script.default);',
      '',
    ])
  })

  it('takes the whole of the script’s users away where they are replaced', () => {
    expect(wrapperOf('/a.js', { stages: [] }, DEFAULT)).toContain(
      'for (const key of ["scenarios","stages","vus","duration","iterations"])',
    )
  })

  it('has the functions that users run, each once, and no default one unless they do', () => {
    const text = wrapperOf('/a.js', {}, ['buy', 'buy', 'look', 'no name'])
    expect(text.match(/^export const .* = guarded.*$/gm)).toEqual([
      'export const buy = guarded(script.buy);',
      'export const look = guarded(script.look);',
    ])
    expect(text).not.toContain('export default')
    expect(wrapperOf('/a.js', {}, ['buy', 'default'])).toContain('export default guarded(script.default);')
  })
})

interface Wrapped {
  readonly options: Readonly<Record<string, unknown>>
  readonly run: (...given: unknown[]) => unknown
  readonly thrown: () => number
}

/** The text as it runs, but for what is imported: k6 has modules of its own. */
function wrapped(script: { readonly options?: object; readonly default?: unknown }): Wrapped {
  const text = wrapperOf('/a.js', { vus: 1 }, DEFAULT)
    .replace(/^import .*$|^export \* from .*$/gm, '')
    .replace('export const options', 'const options')
    .replace('export default', 'const run =')
  let thrown = 0
  class Counter {
    readonly name: string
    constructor(name: string) {
      this.name = name
    }
    add(count: number): void {
      expect(this.name).toBe('script_exceptions')
      thrown += count
    }
  }
  const load = runInThisContext(`(script, Counter) => { ${text}\nreturn { options, run }; }`) as (...given: unknown[]) => Wrapped
  return { ...load(script, Counter), thrown: () => thrown }
}

describe('what it does', () => {
  it('gives the function what it got, and back what it gives', () => {
    const { run, thrown } = wrapped({ default: (one: number, two: number) => one + two })
    expect([run(1, 2), thrown()]).toEqual([3, 0])
  })

  it('counts what throws, and lets it through', () => {
    const error = new Error('boom')
    const { run, thrown } = wrapped({
      default: () => {
        throw error
      },
    })
    expect(() => run()).toThrow(error)
    expect(thrown()).toBe(1)
  })

  it('counts what throws later', async () => {
    const { run, thrown } = wrapped({
      default: (fails: boolean) => (fails ? Promise.reject(new Error('late')) : Promise.resolve(7)),
    })
    expect(await run(false)).toBe(7)
    await expect(run(true)).rejects.toThrow('late')
    expect(thrown()).toBe(1)
  })

  it('gives on what is no function, for k6 to say so', () => {
    expect(wrapped({}).run).toBeUndefined()
  })

  it('has the tags that samples are told apart by beside those that the script wants', () => {
    expect(wrapped({ options: { systemTags: ['name', 'status'] } }).options).toEqual({
      systemTags: ['name', 'status', 'error_code', 'expected_response', 'group', 'scenario'],
      vus: 1,
    })
    expect(wrapped({ options: {} }).options).toEqual({ vus: 1 })
  })
})
