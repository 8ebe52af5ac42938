import { expect, test } from 'vitest'
import { render } from '../../render.ts'
import { junit } from './format.ts'
import {
  ERROR,
  FAILED,
  HOSTILE,
  INCONCLUSIVE,
  LOAD_FAILED,
  loadResult,
  runResult,
  scenarioResult,
  SKIPPED,
} from '../../results.fixture.ts'
import { elementNames } from './xml.fixture.ts'

test('each verdict has its element, and the counts agree', () => {
  const xml = render(junit, runResult([scenarioResult('passed'), FAILED, ERROR, INCONCLUSIVE, SKIPPED]))
  expect(xml).toContain('<testsuites name="chaos-action" tests="5" failures="1" errors="2" skipped="1" time="65.400">')
  expect(xml).toMatch(/<testcase name="NF-001 [^>]*>\n\s*<failure message="canary: answers[^>]* type="failed">/)
  expect(xml).toMatch(/<testcase name="WC-001 [^>]*\(recovery only\)"[^>]*>\n\s*<error message="not reverted[^>]* type="error">/)
  expect(xml).toMatch(/<testcase name="NF-003 [^>]*>\n\s*<error message="only 180 [^>]* type="inconclusive">/)
  expect(xml).toMatch(/<testcase name="RE-005 [^>]*>\n\s*<skipped message="this machine has no GPU"\/>/)
  expect(elements(xml)).toEqual(5)
})

test('a load pattern is a case of its own, with every limit in its output', () => {
  const xml = render(junit, runResult([], { load: [loadResult('passed'), LOAD_FAILED] }))
  expect(xml).toContain('tests="2" failures="1" errors="0"')
  expect(xml).toMatch(/<testcase name="LT-002 [^>]* time="27.300">\n\s*<failure message="http_req_duration/)
  expect(xml).toContain('[missed] http_req_duration: p(95)&lt;2000 in the hold at 100')
  expect(xml).toContain('[undecided] errors: rate&lt;0.05')
})

test('a run that came to no scenario, or has only skipped ones, is an error of its own', () => {
  const none = render(junit, runResult([], { reasons: ['the stack did not come up'] }))
  expect(none).toContain('tests="1" failures="0" errors="1"')
  expect(none).toContain('<error message="the stack did not come up" type="error">')
  expect(render(junit, runResult([SKIPPED]))).toContain('<error message="the run is error" type="error">')
  expect(render(junit, runResult([scenarioResult('passed')]))).not.toContain('<error')
})

test('hostile text gives well-formed XML with the same elements', () => {
  const hostile = scenarioResult('failed', {
    id: HOSTILE,
    name: HOSTILE,
    reasons: [HOSTILE],
    mechanism: HOSTILE,
    repeatCommand: HOSTILE,
  })
  const xml = render(junit, runResult([hostile], { reasons: [HOSTILE] }))
  expect(elements(xml)).toEqual(2)
})

function elements(xml: string): number {
  return elementNames(xml).filter((name) => name === 'testcase').length
}
