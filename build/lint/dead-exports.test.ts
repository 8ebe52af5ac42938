/** What is exported and used by nobody is found (`knip.json`), and so is a file that nobody imports; tests are users. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const REPOSITORY = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'chaos-dead-'))

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('a dead export, a dead type and a dead file are told, and nothing else', () => {
  const files = {
    'package.json': '{ "type": "module" }',
    'src/app/cli/cli.ts': "import { used } from '../../core/things.ts'\nused()\n",
    'src/core/things.ts':
      'export function used(): void {}\nexport const forTests = 1\nexport const nobody = 2\nexport interface Nothing {\n  a: 1\n}\n',
    'src/core/things.test.ts': "import { forTests } from './things.ts'\nString(forTests)\n",
    'src/core/left-behind.ts': 'export const old = 1\n',
  }
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  cpSync(join(REPOSITORY, 'knip.json'), join(folder, 'knip.json'))
  const argv = [join(REPOSITORY, 'node_modules/knip/bin/knip.js'), '--reporter', 'json', '--no-progress', '--no-config-hints']
  const { status, stdout } = spawnSync(process.execPath, argv, { cwd: folder, encoding: 'utf8', timeout: 60_000 })
  const { issues } = JSON.parse(stdout) as {
    issues: { file: string; exports?: { name: string }[]; types?: { name: string }[] }[]
  }
  const told = issues.map(({ file, exports = [], types = [] }) => [file, ...[...exports, ...types].map(({ name }) => name)])
  expect(told.toSorted()).toEqual([['src/core/left-behind.ts'], ['src/core/things.ts', 'nobody', 'Nothing']])
  expect(status).toBe(1)
})
