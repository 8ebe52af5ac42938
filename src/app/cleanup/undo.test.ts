import { expect, test } from 'vitest'
import { cleanupLines } from './undo.ts'

test('a run that was cleaned up, with what stays of it, and one that was not touched', () => {
  const run = { runId: 'r1', leftAlone: null, undone: 2, removed: 5, problems: ['network net: in use'] }
  expect(cleanupLines(run)).toEqual(['r1: 2 faults undone, 5 objects removed', 'not removed: network net: in use'])
  expect(cleanupLines({ ...run, leftAlone: 'alive', problems: [] })).toEqual(['r1: left alone: alive'])
})
