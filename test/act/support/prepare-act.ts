/** Makes act ready once for all tests. */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the program is. */
    readonly act: string
  }
}

const BUILD_LIMIT_MS = 600_000

export default function prepareAct(project: TestProject): void {
  const script = resolve(import.meta.dirname, '../../../script/act')
  const path = execFileSync(script, { encoding: 'utf8', timeout: BUILD_LIMIT_MS, stdio: ['ignore', 'pipe', 'inherit'] })
  project.provide('act', path.trim())
}
