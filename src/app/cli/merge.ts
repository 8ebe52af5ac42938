import { resolve } from 'node:path'
import type { Command } from 'commander'
import { quoted } from '../repeat-command.ts'

const EXAMPLE = `
Example:
  chaos-action merge results/1 results/2 results/3 --out results/merged`

export function addMergeCommand(program: Command): void {
  program
    .command('merge')
    .description('judge what several generators measured (`load --segment i/n`) as one load; exit codes as those of load')
    .argument('<sources...>', 'folders that --out of `load` named, or series files: all segments of each load')
    .option('--out <dir>', 'where the result and the merged series go', 'results/merged')
    .addHelpText('after', EXAMPLE)
    .action(async (sources: string[], flags: { out: string }) => {
      const { consoleFormat, fileReporter, render, runMerge } = await import('./work.ts')
      const outDir = resolve(flags.out)
      const repeatCommand = `node dist/cli/index.js merge ${sources.map(quoted).join(' ')} --out ${quoted(flags.out)}`
      const { result, exitCode } = await runMerge({ sources: sources.map((source) => resolve(source)), outDir, repeatCommand }, [
        fileReporter(outDir),
      ])
      process.stdout.write(render(consoleFormat, result))
      process.stderr.write(`results: ${outDir}\n`)
      process.exitCode = exitCode
    })
}
