import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineOperation, type OperationsOf } from './define-operation.ts'

const args = z.strictObject({ count: z.int().min(1) })
const wait = defineOperation({
  name: 'wait',
  args,
  limitMs: ({ count }) => count * 1_000,
  run: ({ count }, helper: { readonly word: string }) => ({ said: helper.word.repeat(count) }),
})

describe('an operation', () => {
  it('runs on arguments that were checked, with what the helper gives it', async () => {
    const accepted = wait.accept({ count: 2 })
    expect(accepted.limitMs).toBe(2_000)
    expect(await accepted.run({ word: 'x' })).toEqual({ said: 'xx' })
  })

  it('has its types from its schema and from what it answers', () => {
    const types: OperationsOf<typeof wait>['wait'] = { args: { count: 1 }, reply: { said: 'x' } }
    // @ts-expect-error It counts.
    types.args.count = 'one'
    // @ts-expect-error It says a word.
    types.reply.said = 1
    expect(types).toEqual({ args: { count: 'one' }, reply: { said: 1 } })
  })

  it('refuses what does not fit, and names the key', () => {
    expect(() => wait.accept({ count: 0 })).toThrow(/^bad arguments for wait: [\s\S]*count/)
    expect(() => wait.accept({ count: 1, more: true })).toThrow('more')
  })

  it('refuses what would take over 10 minutes', () => {
    expect(wait.accept({ count: 600 }).limitMs).toBe(600_000)
    expect(() => wait.accept({ count: 601 })).toThrow('bad arguments for wait: all together would take over 10 minutes')
  })

  it('without a limit does not compile', () => {
    // @ts-expect-error It does not say how long it may take.
    expect(defineOperation({ name: 'endless', args, run: () => ({}) }).name).toBe('endless')
  })

  it('that fails while it runs is a promise that fails', async () => {
    const failing = defineOperation({
      name: 'failing',
      args,
      limitMs: 0,
      run: () => {
        throw new Error('not today')
      },
    })
    await expect(failing.accept({ count: 1 }).run({})).rejects.toThrow('not today')
  })
})
