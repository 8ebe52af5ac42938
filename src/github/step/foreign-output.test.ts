import { expect, test } from 'vitest'
import { withCommandsStopped } from './foreign-output.ts'

test('commands are stopped by a token that differs each time, and resumed on a line of its own', async () => {
  const tokens = new Set<string>()
  for (let round = 0; round < 2; round += 1) {
    let text = ''
    const write = (part: string): unknown => (text += part)
    await withCommandsStopped(() => Promise.resolve(write('::error::from a log')), write)
    const match = /^::stop-commands::([\w-]{36})\n::error::from a log\n::\1::\n$/.exec(text)
    expect(match).not.toBeNull()
    tokens.add(match?.[1] ?? '')
  }
  expect(tokens.size).toBe(2)
})

test('a failure resumes them too', async () => {
  let text = ''
  const failing = withCommandsStopped(
    () => Promise.reject(new Error('broken')),
    (part) => (text += part),
  )
  await expect(failing).rejects.toThrow('broken')
  expect(text).toMatch(/^::stop-commands::(\S+)\n\n::\1::\n$/)
})
