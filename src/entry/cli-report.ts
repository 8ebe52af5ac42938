import { readFileSync, statSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { ChaosError } from '../core/errors.ts'

const MAX_RESULT_BYTES = 64 * 1024 * 1024

export function addReportCommand(program: Command): void {
  program
    .command('report')
    .description('render a result.json again; the file is checked against its schema first')
    .argument('<result>', 'result.json of a run')
    .addOption(new Option('--to <format>', 'markdown or junit').choices(['markdown', 'junit']).makeOptionMandatory())
    .option('--max-bytes <n>', 'byte budget of the markdown', (text) => Number(text), 1_000_000)
    .addHelpText('after', '\nExample:\n  chaos-action report results/latest/result.json --to markdown')
    .action(async (file: string, flags: { to: 'markdown' | 'junit'; maxBytes: number }) => {
      if (!Number.isInteger(flags.maxBytes) || flags.maxBytes < 200)
        throw new ChaosError('BAD_INPUT', '--max-bytes takes a whole number from 200')
      const { parseResult, renderJunit, renderMarkdown } = await import('./cli-work.ts')
      const result = parseResult(readBounded(file), file)
      process.stdout.write(flags.to === 'markdown' ? renderMarkdown(result, { maxBytes: flags.maxBytes }) : renderJunit(result))
    })
}

function readBounded(file: string): string {
  try {
    if (statSync(file).size > MAX_RESULT_BYTES)
      throw new ChaosError('BAD_INPUT', `${file} is larger than ${String(MAX_RESULT_BYTES)} bytes: not a result of ours`)
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof ChaosError) throw cause
    throw new ChaosError('BAD_INPUT', `${file} cannot be read`, { cause })
  }
}
