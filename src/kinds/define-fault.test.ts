import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { FaultContext, UndoContext } from './context.ts'
import { defineFault, type RecordFormat } from './define-fault.ts'

interface Spec {
  readonly target: string
}

type Plan = { readonly target: string; readonly helper: string }

const schema = z.strictObject({ target: z.string(), helper: z.string() })
const ctx = {} as FaultContext
const undoCtx = {} as UndoContext

/** A fault that tells what is done with it, and whether who does it knows that it was armed. */
function telling(told: string[], changes: { record?: RecordFormat<Plan>; resolved?: object } = {}) {
  return defineFault({
    kind: 'cut',
    record: changes.record ?? { version: 1, schema },
    resolve: ({ target }: Spec) => Promise.resolve((changes.resolved ?? { target, helper: `h-${target}` }) as Plan),
    arm: ({ helper }) => {
      told.push(`arm ${helper}`)
      return Promise.resolve({ mark: 'ours' })
    },
    inject: () => Promise.resolve(void told.push('inject')),
    effect: () => Promise.reject(new Error('not asked')),
    revert: ({ helper }, _ctx, armed) => Promise.resolve(void told.push(`revert ${helper} (${armed?.mark ?? 'unknown'})`)),
    leftovers: ({ helper }, _ctx, armed) => Promise.resolve([`${helper} (${armed?.mark ?? 'unknown'})`]),
    describe: ({ target }) => ({
      ...{ targets: [target], services: [target], mechanism: 'by hand', canaryDelayMs: null, everything: false },
    }),
    usualMs: ({ target }) => target.length,
  })
}

describe('a fault that is asked for', () => {
  it('says what it is, how long it usually takes, and what a stack lacks for it', () => {
    const lacking = [{ path: ['target'], message: 'there is none' }]
    const request = telling([]).request({ target: 'back' }, () => lacking)
    expect([request.kind, request.spec, request.usualMs]).toEqual(['cut', { target: 'back' }, 4])
    expect(request.missing({} as never)).toBe(lacking)
    expect(
      telling([])
        .request({ target: 'back' })
        .missing({} as never),
    ).toEqual([])
  })

  it('is undone with what it knows since it was armed, and before by its plan alone', async () => {
    const told: string[] = []
    const planned = await telling(told).request({ target: 'back' }).plan(ctx)
    expect(planned.record).toEqual({ kind: 'cut', version: 1, plan: { target: 'back', helper: 'h-back' } })
    expect([planned.kind, planned.targets, planned.description.services]).toEqual(['cut', ['back'], ['back']])
    await planned.revert(undoCtx)
    const armed = await planned.arm(ctx)
    await armed.inject(ctx)
    await planned.revert(undoCtx)
    expect(await planned.leftovers(undoCtx)).toEqual(['h-back (ours)'])
    expect(told).toEqual(['revert h-back (unknown)', 'arm h-back', 'inject', 'revert h-back (ours)'])
  })

  it('is not planned where its plan could not be read back', async () => {
    const planned = telling([], { resolved: { target: 'back' } })
      .request({ target: 'back' })
      .plan(ctx)
    await expect(planned).rejects.toMatchObject({
      code: 'LEDGER_FAILED',
      message: expect.stringMatching(/^what was planned for cut is no plan of it, so it is not executed: .*helper/) as string,
    })
  })
})

describe('an undo record', () => {
  it('is read back by its own schema, and undone by it alone', async () => {
    const told: string[] = []
    const undo = telling(told).readBack(1, { target: 'back', helper: 'h' })
    expect([undo.kind, undo.targets]).toEqual(['cut', ['back']])
    await undo.revert(undoCtx)
    expect(await undo.leftovers(undoCtx)).toEqual(['h (unknown)'])
    expect(told).toEqual(['revert h (unknown)'])
  })

  it.each<[string, unknown]>([
    ['a part is missing', { target: 'back' }],
    ['a part is of another type', { target: 'back', helper: 7 }],
    ['there is more than it knows', { target: 'back', helper: 'h', also: '/etc' }],
    ['it is nothing', null],
  ])('is not executed where %s', (_what, plan) => {
    expect(() => telling([]).readBack(1, plan)).toThrow(
      expect.objectContaining({
        code: 'LEDGER_FAILED',
        message: expect.stringMatching(/^what is in the undo record for cut is no plan of it, so it is not executed: /) as string,
      }),
    )
  })

  it('is refused on one line of bounded length, whatever it holds', () => {
    const refusal = (plan: unknown): string => {
      try {
        telling([]).readBack(1, plan)
      } catch (error) {
        return String(error)
      }
      return ''
    }
    expect(refusal({ target: 7 })).toMatch(
      /executed: ✖ Invalid input: expected string, received number → at target ✖ Invalid input: expected string, received undefined → at helper$/,
    )
    const strange = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`key${index}`, index]))
    expect(refusal(strange).length).toBeLessThan(620)
  })

  const third: RecordFormat<Plan> = {
    version: 3,
    schema,
    upgrades: { 2: (plan) => ({ ...(plan as object), helper: 'from 2' }) },
  }

  it('of an older version is brought up to date where its kind knows how', async () => {
    const undo = telling([], { record: third }).readBack(2, { target: 'back' })
    expect(await undo.leftovers(undoCtx)).toEqual(['from 2 (unknown)'])
  })

  it('of another version is refused where its kind has only ever had one', () => {
    expect(() => telling([]).readBack(2, { target: 'back', helper: 'h' })).toThrow('it is not executed')
  })

  it.each([1, 4])('of version %i, which its kind cannot read, is refused with a sentence and what to do', (version) => {
    expect(() => telling([], { record: third }).readBack(version, { target: 'back', helper: 'h' })).toThrow(
      expect.objectContaining({
        code: 'LEDGER_FAILED',
        message: `the undo record of cut is of version ${version}, and this version of the action reads version 3: it is not executed`,
        hint: 'Clean up with the version of the action that wrote it.',
      }),
    )
  })
})
