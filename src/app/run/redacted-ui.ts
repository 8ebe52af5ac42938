/** Reporters and logs that are told nothing but what has been redacted: whatever they write, no secret is in it. */
import type { Redaction } from '../../redaction/redaction.ts'
import type { Logger, Reporter } from '../../ports/reporter.ts'
import type { RunUi } from './ui.ts'

export function redactedUi(ui: RunUi, redaction: Redaction): RunUi {
  const log: Logger = {
    log(level, text) {
      ui.log.log(level, redaction.text(text))
    },
  }
  return { ...ui, log, reporters: ui.reporters.map((one) => redactedReporter(one, redaction)) }
}

export function redactedReporter(reporter: Reporter, redaction: Redaction): Reporter {
  return {
    name: reporter.name,
    onEvent(event) {
      reporter.onEvent?.(redaction.object(event))
    },
    onEnd: (result) => reporter.onEnd(redaction.object(result)),
  }
}
