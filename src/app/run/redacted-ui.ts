/** Reporters and logs that are told nothing but what has been redacted: whatever they write, no secret is in it. */
import type { Redaction } from '../../redaction/redaction.ts'
import type { Logger, Reporter } from '../../ports/reporter.ts'
import type { RunUi } from './ui.ts'

export function redactedUi(ui: RunUi, redaction: Redaction): RunUi {
  return { ...ui, log: redactedLogger(ui.log, redaction), reporters: ui.reporters.map((one) => redactedReporter(one, redaction)) }
}

function redactedLogger(log: Logger, redaction: Redaction): Logger {
  return {
    log(level, text) {
      log.log(level, redaction.text(text))
    },
  }
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
