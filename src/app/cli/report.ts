import { readFileSync, statSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { ChaosError } from '../../core/errors.ts'
import { MOST_RESULT_BYTES } from '../../files/result/size.ts'
import { FORMATS } from '../../report/formats/registry.ts'

const BY_NAME = new Map(FORMATS.map((format) => [format.name, format]))

export function addReportCommand(program: Command): void {
  program
    .command('report')
    .description('render a result.json again; the file is checked against its schema first')
    .argument('<result>', 'result.json of a run')
    .addOption(new Option('--to <format>', 'what it becomes').choices([...BY_NAME.keys()]).makeOptionMandatory())
    .option('--max-bytes <n>', 'byte budget, of formats that can be shortened', (text) => Number(text))
    .addHelpText('after', '\nExample:\n  chaos-action report results/latest/result.json --to markdown')
    .action(async (file: string, { to, maxBytes }: { to: string; maxBytes?: number }) => {
      if (maxBytes !== undefined && (!Number.isInteger(maxBytes) || maxBytes < 200))
        throw new ChaosError('BAD_INPUT', '--max-bytes takes a whole number from 200')
      const format = BY_NAME.get(to)
      if (format === undefined) throw new ChaosError('INTERNAL', `${to} was a choice, and is no format`)
      const { parseResult, render } = await import('./work.ts')
      const result = parseResult(readBounded(file), file)
      const text = render(format, result, maxBytes === undefined ? undefined : { bytes: maxBytes })
      if (text === '') throw new ChaosError('BAD_INPUT', `not even the verdict fits in ${String(maxBytes)} bytes of ${to}`)
      process.stdout.write(text)
    })
}

function readBounded(file: string): string {
  try {
    if (statSync(file).size > MOST_RESULT_BYTES)
      throw new ChaosError('BAD_INPUT', `${file} is larger than ${MOST_RESULT_BYTES} bytes: not a result of ours`)
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof ChaosError) throw cause
    throw new ChaosError('BAD_INPUT', `${file} cannot be read`, { cause })
  }
}
