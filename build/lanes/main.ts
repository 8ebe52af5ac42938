/**
 * Every check of this repository, as much of it side by side as its measurements bear. `node build/lanes/main.ts` runs all;
 * names of stages after it run only those. Exit 1 when a stage failed, 130 when it was interrupted.
 */
import { readFile, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { countTests, failedTests } from './count-tests.ts'
import { planOf, stagesOf, withOnly } from './plan.ts'
import { runPlan } from './run.ts'

const root = resolve(import.meta.dirname, '../..')
const integrationFiles = (await readdir(join(root, 'test/integration'))).filter((name) => name.endsWith('.test.ts'))
const plan = withOnly(planOf(integrationFiles), process.argv.slice(2))
const reports = stagesOf(plan).flatMap(({ report }) => (report === null ? [] : [join(root, report)]))
// Numbers of an earlier run are not this run's.
await Promise.all(reports.map((file) => rm(file, { force: true })))

const controller = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => {
    controller.abort()
  })
const startedMs = performance.now()
const ends = await runPlan(plan, {
  cwd: root,
  logFolder: join(root, 'results/tests'),
  write: (text) => process.stderr.write(text),
  signal: controller.signal,
})
const failed = ends.filter(({ isGood }) => !isGood)
const read = (file: string): Promise<string> => readFile(file, 'utf8')
for (const { stage } of failed) {
  const tests = stage.report === null ? [] : await failedTests(join(root, stage.report), read)
  for (const text of [`failed: ${stage.name}`, ...tests]) process.stderr.write(`test: ${text}\n`)
}
process.stderr.write(`test: ${((performance.now() - startedMs) / 60_000).toFixed(1)} min in all\n`)
// The last line: what vitest itself counted, over all of them.
const total = await countTests(reports, read)
process.stdout.write(`${total.text}\n`)
process.exitCode = controller.signal.aborted ? 130 : failed.length > 0 || !total.isGood ? 1 : 0
