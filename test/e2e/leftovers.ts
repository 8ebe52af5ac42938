import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

/** What script/leftovers lists; it ends with 0 or 1 when it could look everywhere. */
export async function leftovers(): Promise<string> {
  const script = fileURLToPath(new URL('../../script/leftovers', import.meta.url))
  const root = process.getuid?.() === 0
  const argv = root ? [script] : ['--non-interactive', 'bash', script]
  const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(root ? 'bash' : 'sudo', argv, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr })
    })
  })
  expect([0, 1], ended.stderr).toContain(ended.code)
  return ended.stdout
}
