import { describe, expect, it } from 'vitest'
import type { ExecResult } from '../../ports/exec.ts'
import { untilHeard } from './until-heard.ts'

/** Answers one after the other, and how many were taken. */
function teller(...answers: readonly ExecResult[]): { ask(): Promise<ExecResult>; taken(): number } {
  let taken = 0
  return {
    ask: () => {
      const answer = answers[taken]
      taken += 1
      return answer === undefined ? Promise.reject(new Error('asked once more')) : Promise.resolve(answer)
    },
    taken: () => taken,
  }
}

const LOST = { exitCode: 0, stdout: '', stderr: '' }
const VERSION = { exitCode: 0, stdout: 'k6 v2.2.0', stderr: '' }
const REFUSAL = { exitCode: 107, stdout: '', stderr: 'no such script' }

describe('a short command whose output Docker may lose', () => {
  it.each([
    ['is heard at once', [VERSION], 1, VERSION],
    ['is asked again when nothing came', [LOST, VERSION], 2, VERSION],
    ['is asked again whatever its exit code is', [{ ...LOST, exitCode: 107 }, REFUSAL], 2, REFUSAL],
    ['that says why it failed is heard', [REFUSAL, VERSION], 1, REFUSAL],
    ['is asked again when it says nothing but what it says beside', [{ ...LOST, stderr: 'a warning' }, VERSION], 2, VERSION],
  ])('%s', async (_what, answers, taken, heard) => {
    const k6 = teller(...answers)
    await expect(untilHeard(() => k6.ask())).resolves.toEqual(heard)
    expect(k6.taken()).toBe(taken)
  })

  it('is asked three times at most', async () => {
    const k6 = teller(LOST, LOST, LOST, VERSION)
    await expect(untilHeard(() => k6.ask())).rejects.toThrow(
      expect.objectContaining({
        code: 'DOCKER_UNAVAILABLE',
        message: 'k6 ended with 0, and Docker kept nothing of what it said, 3 times',
      }) as Error,
    )
    expect(k6.taken()).toBe(3)
  })

  it('that cannot be asked is not asked again', async () => {
    const k6 = teller()
    await expect(untilHeard(() => k6.ask())).rejects.toThrow('asked once more')
    expect(k6.taken()).toBe(1)
  })
})
