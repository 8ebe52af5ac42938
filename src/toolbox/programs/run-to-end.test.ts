import { describe, expect, it } from 'vitest'
import { runToEnd } from './run-to-end.ts'

const never = new AbortController().signal

describe('a program run to its end', () => {
  it('tells its exit code and the last of what it said', async () => {
    expect(await runToEnd('sh', ['-c', 'echo out; echo err >&2; exit 3'], 5_000, never)).toMatchObject({
      exitCode: 3,
      signal: null,
    })
    const { output } = await runToEnd('sh', ['-c', 'i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done'], 5_000, never)
    expect(output.length).toBeLessThanOrEqual(1_000)
    expect(output).toMatch(/line 499$/)
  })

  it('tells the signal that ended it', async () => {
    expect(await runToEnd('sh', ['-c', 'kill -TERM $$'], 5_000, never)).toEqual({ exitCode: null, signal: 'SIGTERM', output: '' })
  })

  it('is not waited for beyond its limit', async () => {
    await expect(runToEnd('sleep', ['30'], 50, never)).rejects.toThrow('sleep took longer than 50 ms')
  })

  it('is ended by the signal, which is not taken for an end of its own', async () => {
    const stop = new AbortController()
    const running = runToEnd('sleep', ['30'], 20_000, stop.signal)
    stop.abort(new Error('enough'))
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(runToEnd('sleep', ['30'], 20_000, stop.signal)).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('that is not there is named', async () => {
    await expect(runToEnd('no-such-program', [], 5_000, never)).rejects.toThrow('could not run no-such-program')
  })
})
