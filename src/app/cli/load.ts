import type { Wall } from '../../core/time/moment.ts'
import { join } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import { ChaosError } from '../../core/errors.ts'
import { MOST_SEGMENTS, parseSegment, type K6Segment } from '../../core/segment.ts'
import { parseMoment } from '../../core/time/parse-moment.ts'
import { stderrLogger, watchSignals } from './common.ts'
import { addPatternOptions, requestOf, type PatternFlags } from './patterns.ts'
import type { RunUi } from '../run/ui.ts'

interface LoadFlags extends PatternFlags {
  segment?: K6Segment
  startAt?: Wall
}

const EXAMPLE = `
Examples:
  chaos-action load --url http://127.0.0.1:8080 --only LT-001 --variable LLORCH_API_TOKEN
  chaos-action load --url https://staging.example.org --scripts load/ --only checkout --segment 2/3 --start-at 2026-11-24T03:00:00Z
  chaos-action merge results/1 results/2 results/3`

export function addLoadCommand(program: Command): void {
  const command = program
    .command('load')
    .description('load patterns on a system that runs already; exit 0 passed, 1 failed, 2 error, 3 inconclusive')
  addPatternOptions(command)
  command
    .option('--segment <i/n>', 'one of several generators: measures its part for `merge`, and judges nothing', segment)
    .option('--start-at <time>', 'with --segment: when all of them begin, such as 2026-11-24T03:00:00Z', moment)
    .addHelpText('after', EXAMPLE)
    .action(loadCommand)
}

async function loadCommand(flags: LoadFlags): Promise<void> {
  if (flags.startAt !== undefined && flags.segment === undefined)
    throw new ChaosError('BAD_INPUT', '--start-at is for generators that begin together: it needs --segment')
  const { consoleFormat, consoleProgress, fileReporter, render, runAddressLoad, runAddressSegment } = await import('./work.ts')
  using signals = watchSignals()
  const request = await requestOf('load', flags)
  const isTerminal = process.stderr.isTTY && process.env['CI'] === undefined
  const progress = consoleProgress({ stream: process.stderr, isTerminal })
  const ui: RunUi = { reporters: [progress], log: stderrLogger(process.env), signal: signals.signal, env: process.env }
  try {
    if (flags.segment === undefined) {
      const { result, exitCode } = await runAddressLoad(request, { ...ui, reporters: [progress, fileReporter(request.outDir)] })
      process.stdout.write(render(consoleFormat, result))
      process.stderr.write(`results: ${request.outDir}\n`)
      process.exitCode = exitCode
    } else {
      const part = await runAddressSegment(request, flags.segment, flags.startAt ?? null, ui)
      const { index, count } = part.segment
      const errors = `${(part.errorRate * 100).toFixed(2)} % errors`
      process.stdout.write(
        `segment ${index} of ${count}: measured, and judged by merge: ${part.requests} requests, ${errors}, ${join(request.outDir, part.file)}\n`,
      )
    }
  } finally {
    if (signals.code() !== 0) process.exitCode = signals.code()
  }
}

const segment = parsedBy(parseSegment, `one such as 2/3 is expected, of up to ${MOST_SEGMENTS}.`)
const moment = parsedBy(parseMoment, 'a time with its zone is expected, such as 2026-11-24T03:00:00Z.')

function parsedBy<T>(parse: (text: string) => T | null, expected: string): (text: string) => T {
  return (text) => {
    const value = parse(text)
    if (value === null) throw new InvalidArgumentError(expected)
    return value
  }
}
