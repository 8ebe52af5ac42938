/**
 * Writes what the double of GitHub is held against: of GitHub's published OpenAPI, as npm's @octokit/openapi carries it, the
 * operations that the double knows and all that they refer to. The package has 413 MB, which nobody should install to test.
 *
 *     node build/github-openapi.ts 23.0.2
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { excerptOf } from '../test/support/github-double/excerpt.ts'
import type { Node } from '../test/support/github-double/json-schema.ts'
import { OPERATIONS } from '../test/support/github-double/operations.ts'

const PACKAGE = '@octokit/openapi'
const FILE = 'package/generated/api.github.com.json'
const TARGET = resolve(import.meta.dirname, '../test/support/github-double/github-openapi.json')
const LIMIT_MS = 300_000

function run(program: string, argv: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, argv, { cwd, encoding: 'utf8', timeout: LIMIT_MS })
  if (status !== 0) throw new Error(`${program} ${argv.join(' ')} ended with ${String(status)}: ${stderr}`)
  return stdout.trim()
}

const [version] = process.argv.slice(2)
if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`which version of ${PACKAGE}? such as 23.0.2`)
const scratch = mkdtempSync(join(tmpdir(), 'github-openapi-'))
try {
  const tarball = run('npm', ['pack', '--silent', `${PACKAGE}@${version}`], scratch)
  run('tar', ['-xzf', tarball, FILE], scratch)
  const published = JSON.parse(readFileSync(join(scratch, FILE), 'utf8')) as Node
  const excerpt = { 'x-from': `${PACKAGE} ${version}`, ...excerptOf(published, Object.keys(OPERATIONS)) }
  writeFileSync(TARGET, `${JSON.stringify(excerpt, null, 1)}\n`)
  console.log(TARGET)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
