import { expect, test } from 'vitest'
import type { HelperRequest } from '../../ports/toolbox.ts'
import { faultContext, toolbox } from './context.fixture.ts'
import { stopHostHelpers } from './host-helpers.ts'
import { stopHelpers } from './links/namespace-helpers.ts'

const NAMES = ['well', 'badly', 'gone']

/** One helper ends well, one badly, one is not there, and the stop of any other fails. */
function ending(): { ctx: ReturnType<typeof faultContext>['ctx']; warnings: string[]; once: HelperRequest[] } {
  const ends = new Map([
    ['well', { exitCode: 0, output: '' }],
    ['badly', { exitCode: 1, output: 'no such file' }],
    ['gone', null],
  ])
  const warnings: string[] = []
  const once: HelperRequest[] = []
  const tools = toolbox({
    stop: (name) => {
      const end = ends.get(name)
      return end === undefined ? Promise.reject(new Error(`${name} cannot be stopped`)) : Promise.resolve(end)
    },
    once: (request) => (once.push(request), Promise.resolve(null)),
  })
  const log = { log: (level: string, text: string): number => warnings.push(`${level}: ${text}`) }
  return { ctx: faultContext(6_000, { toolbox: tools, log }).ctx, warnings, once }
}

test('helpers have undone their work that were there and ended well', async () => {
  const { ctx, warnings, once } = ending()
  expect([...(await stopHostHelpers(NAMES, ctx))]).toEqual(['well'])
  expect([warnings, once]).toEqual([['warn: helper badly ended with 1: no such file'], []])
})

test('in a network namespace the others are followed by an undo in the same one, also where one cannot be stopped', async () => {
  const { ctx, warnings, once } = ending()
  const helpers = ['stuck', ...NAMES].map((name) => ({ name, container: `${name}'s` }))
  await expect(stopHelpers(helpers, ctx)).rejects.toThrow('stuck cannot be stopped')
  const undo = { pid: 'own', capabilities: ['NET_ADMIN'], ttlMs: 15_000 }
  expect(once).toEqual([
    { name: 'badly-undo', attachTo: { container: "badly's" }, ...undo },
    { name: 'gone-undo', attachTo: { container: "gone's" }, ...undo },
  ])
  expect(warnings).toEqual(['warn: helper badly ended with 1: no such file'])
})
