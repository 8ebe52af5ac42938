import type { Command } from 'commander'
import { stderrLogger, watchSignals } from './common.ts'
import { USAGE_EXIT_CODE } from '../exit-code.ts'
import { stateDir } from '../paths.ts'

export function addCleanupCommand(program: Command): void {
  program
    .command('cleanup')
    .description('undo and remove what dead runs left; a run whose process is alive is not touched')
    .option('--run <id>', 'only this run')
    .addHelpText('after', '\nExample:\n  chaos-action cleanup\n  chaos-action cleanup --run 1f2e3d4c')
    .action(async (flags: { run?: string }) => {
      const { cleanupLines, cleanupRuns, createDockerClient, FAULTS, prepareToolboxImage } = await import('./work.ts')
      using signals = watchSignals()
      const { signal } = signals
      const docker = createDockerClient()
      const log = stderrLogger(process.env)
      const toolboxImage = await prepareToolboxImage({ docker, log, env: process.env, signal })
      const options = { docker, stateDir: stateDir(process.env), faults: FAULTS, toolboxImage, log, signal }
      const report = await cleanupRuns(options, flags.run ?? null)
      for (const run of report.runs) process.stdout.write(`${cleanupLines(run).join('\n  ')}\n`)
      if (report.runs.length === 0) process.stdout.write('nothing to clean up\n')
      process.exitCode = report.runs.some((run) => run.problems.length > 0) ? USAGE_EXIT_CODE : 0
    })
}
