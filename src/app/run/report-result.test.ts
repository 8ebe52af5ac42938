import { expect, it } from 'vitest'
import type { RunVerdict } from '../../core/model.ts'
import type { RunResult } from '../../core/result/run.ts'
import type { Reporter } from '../../ports/reporter.ts'
import { fanOut } from '../../report/fan-out.ts'
import { runResult } from '../../report/results.fixture.ts'
import { reportResult } from './report-result.ts'

/** Keeps each result that it is given; breaks when it has something to break with. */
class Recorder implements Reporter {
  readonly seen: RunResult[] = []
  readonly name: string
  private readonly trouble: string | null

  constructor(name: string, trouble: string | null = null) {
    this.name = name
    this.trouble = trouble
  }

  onEnd(result: RunResult): Promise<void> {
    this.seen.push(result)
    return this.trouble === null ? Promise.resolve() : Promise.reject(new Error(this.trouble))
  }
}

const result = (verdict: RunVerdict): RunResult => ({ ...runResult([]), verdict, reasons: ['of the run'] })

async function report(verdict: RunVerdict, ...reporters: readonly Recorder[]): Promise<RunResult> {
  return await reportResult(result(verdict), fanOut(reporters), reporters)
}

it('gives the result to each reporter once', async () => {
  const [one, other] = [new Recorder('one'), new Recorder('other')]
  expect(await report('passed', one, other)).toEqual(result('passed'))
  expect([one.seen, other.seen]).toEqual([[result('passed')], [result('passed')]])
})

it('a run whose reporter broke is an error, of which the others are told', async () => {
  const [well, bad, worse] = [new Recorder('well'), new Recorder('bad', 'no room'), new Recorder('worse', 'no network')]
  const reasons = ['of the run', 'the reporter bad broke in onEnd: no room', 'the reporter worse broke in onEnd: no network']
  const spoiled = { ...result('passed'), verdict: 'error', reasons }
  expect(await report('passed', well, bad, worse)).toEqual(spoiled)
  expect(well.seen).toEqual([result('passed'), spoiled])
  expect([bad.seen, worse.seen]).toEqual([[result('passed')], [result('passed')]])
})

it.each<[RunVerdict, RunVerdict]>([
  ['passed', 'error'],
  ['inconclusive', 'error'],
  ['error', 'error'],
  ['failed', 'failed'],
])('what was %s is %s then: a broken promise stays known', async (verdict, expected) => {
  expect(await report(verdict, new Recorder('bad', 'no room'))).toMatchObject({ verdict: expected })
})
