import { expect, test } from 'vitest'
import { Redaction } from '../../redaction/redaction.ts'
import type { RunResult } from '../../core/result/run.ts'
import type { RunEvent } from '../../core/run-event.ts'
import { FAILED, runResult } from '../../report/results.fixture.ts'
import { redactedUi } from './redacted-ui.ts'

test('reporters and logs are told no secret, also one that became known after they were made', async () => {
  const events: RunEvent[] = []
  const lines: string[] = []
  const results: unknown[] = []
  const redaction = new Redaction(['secret-a'])
  const ui = redactedUi(
    {
      reporters: [
        {
          name: 'all',
          onEvent: (event) => {
            events.push(event)
          },
          onEnd: (result) => {
            results.push(result)
            return Promise.resolve()
          },
        },
        { name: 'end only', onEnd: () => Promise.resolve() },
      ],
      log: {
        log: (level, text) => {
          lines.push(`${level}: ${text}`)
        },
      },
      signal: new AbortController().signal,
      env: {},
    },
    redaction,
  )
  redaction.add(['secret-b'])
  const result: RunResult = runResult([{ ...FAILED, reasons: ['secret-a and secret-b'] }], {
    reasons: ['Authorization: Bearer abc'],
  })
  for (const reporter of ui.reporters) {
    reporter.onEvent?.({ type: 'log', level: 'warn', text: 'with secret-b' })
    await reporter.onEnd(result)
  }
  ui.log.log('error', 'token secret-a')
  expect(events).toEqual([{ type: 'log', level: 'warn', text: 'with ***' }])
  expect(lines).toEqual(['error: token ***'])
  expect(results).toMatchObject([
    { reasons: ['Authorization: Bearer ***'], scenarios: [{ reasons: ['*** and ***'], id: 'NF-001' }] },
  ])
  expect(ui.reporters.map(({ name }) => name)).toEqual(['all', 'end only'])
})
