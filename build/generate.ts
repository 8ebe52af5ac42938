/** Writes the generated files, or with --check compares them: exit code 1 names those that are out of date. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { outputs, type Output } from './generate/outputs.ts'

const root = join(import.meta.dirname, '..')
const argv = process.argv.slice(2)

if (argv.some((argument) => argument !== '--check')) {
  console.error('usage: node build/generate.ts [--check]')
  process.exitCode = 2
} else if (argv.includes('--check')) {
  const stale = outputs().filter((output) => current(output) !== output.content)
  for (const { path } of stale) console.error(`${path} is out of date`)
  if (stale.length > 0) {
    console.error('run `npm run generate` and commit what it writes')
    process.exitCode = 1
  }
} else {
  for (const output of outputs()) {
    if (current(output) === output.content) continue
    mkdirSync(dirname(join(root, output.path)), { recursive: true })
    writeFileSync(join(root, output.path), output.content)
    console.log(`wrote ${output.path}`)
  }
}

function current({ path }: Output): string | null {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
