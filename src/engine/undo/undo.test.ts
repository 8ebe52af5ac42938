/** The one way in which faults are undone, by whoever. */
import { describe, expect, it } from 'vitest'
import type { Undo } from '../../kinds/fault.ts'
import type { UndoContext } from '../../kinds/context.ts'
import { fakeStack } from '../rig/fake-stack.ts'
import { World } from '../rig/world.ts'
import { leftoversOf, readBack, revertAll, type OpenFault } from './undo.ts'

function world(): { clock: World['clock']; ctx: UndoContext } {
  const { clock } = new World()
  const stack = fakeStack(new World())
  const ctx = { ...stack, clock, signal: new AbortController().signal, log: { log: () => undefined }, runId: 'r1' }
  return { clock, ctx }
}

function open(told: string[], name: string, targets: readonly string[], changes: Partial<Undo> = {}): OpenFault {
  const undo: Undo = {
    kind: name,
    targets,
    revert: () => Promise.resolve(void told.push(`revert ${name}`)),
    leftovers: () => Promise.resolve([]),
    ...changes,
  }
  return { undo, close: () => Promise.resolve(void told.push(`close ${name}`)), reverted: false }
}

describe('undoing', () => {
  it('is newest first on each target, and targets do not wait for each other', async () => {
    const { clock, ctx } = world()
    const told: string[] = []
    const slow = { revert: () => clock.sleep(500).then(() => void told.push('revert third')) }
    const all = [open(told, 'first', ['a']), open(told, 'second', ['b']), open(told, 'third', ['a'], slow)]
    expect(await clock.until(revertAll(all, ctx, 1_000))).toEqual([])
    expect(told).toEqual(['revert second', 'revert third', 'revert first'])
  })

  it('goes on past what fails and what takes too long, tells both with what they touch, and tries only them again', async () => {
    const { clock, ctx } = world()
    const told: string[] = []
    let broken = true
    const stubborn = { revert: () => (broken ? Promise.reject(new Error('no')) : Promise.resolve(void told.push('revert bad'))) }
    const all = [
      open(told, 'good', ['a']),
      open(told, 'bad', ['b', 'c'], stubborn),
      open(told, 'slow', ['d'], { revert: ({ signal }) => clock.sleep(9_000, signal) }),
    ]
    expect(await clock.until(revertAll(all, ctx, 1_000))).toEqual([
      'bad on b, c: no',
      'slow on d: reverting slow took longer than 1000 ms',
    ])
    broken = false
    expect(await clock.until(revertAll(all, ctx, 1_000))).toEqual(['slow on d: reverting slow took longer than 1000 ms'])
    expect(told).toEqual(['revert good', 'revert bad'])
  })
})

describe('the proof', () => {
  it('takes off the ledger what was reverted and is gone, and nothing else', async () => {
    const { ctx } = world()
    const told: string[] = []
    const all = [
      open(told, 'gone', ['a']),
      open(told, 'still there', ['b'], { leftovers: () => Promise.resolve(['a rule']) }),
      open(told, 'never reverted', ['c']),
    ]
    for (const fault of all.slice(0, 2)) fault.reverted = true
    expect(await leftoversOf(all, ctx)).toEqual(['a rule'])
    expect(told).toEqual(['close gone'])
  })

  it('of one that cannot be looked for is an error, and the others have theirs', async () => {
    const { ctx } = world()
    const told: string[] = []
    const blind = { leftovers: () => Promise.reject(new Error('no daemon')) }
    const all = [open(told, 'blind', ['a'], blind), open(told, 'gone', ['b'])]
    for (const fault of all) fault.reverted = true
    await expect(leftoversOf(all, ctx)).rejects.toThrow('no daemon')
    expect(told).toEqual(['close gone'])
  })
})

describe('a record of the ledger', () => {
  const kinds = new Map([
    [
      'cut',
      {
        kind: 'cut',
        version: 2,
        readBack: (version: number, plan: unknown): Undo => open([], `${version} ${JSON.stringify(plan)}`, []).undo,
      },
    ],
  ])

  it('is read by the kind that wrote it', () => {
    expect(readBack(kinds, { kind: 'cut', version: 2, plan: { a: 1 } }).kind).toBe('2 {"a":1}')
  })

  it('of a kind that there is not is not executed', () => {
    expect(() => readBack(kinds, { kind: 'cute', version: 2, plan: {} })).toThrow(
      expect.objectContaining({
        code: 'LEDGER_FAILED',
        message: 'the ledger names the unknown fault kind cute, which is not executed',
      }),
    )
  })
})
