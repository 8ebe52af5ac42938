import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

/**
 * What script/leftovers lists of a run, and of nobody: what other runs of this moment have is theirs. It ends with 0 or 1
 * when it could look everywhere.
 */
export async function leftoversOf(runId: string): Promise<string> {
  const script = fileURLToPath(new URL('../../script/leftovers', import.meta.url))
  const root = process.getuid?.() === 0
  const own = [script, '--run', runId]
  const argv = root ? own : ['--non-interactive', 'bash', ...own]
  const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(root ? 'bash' : 'sudo', argv, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr })
    })
  })
  expect([0, 1], ended.stderr).toContain(ended.code)
  return ended.stdout
}
