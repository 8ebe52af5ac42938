/** k6 whose last words hold no secret: they go into results, and into series files, which are packed. */
import type { K6End, K6Port } from '../../ports/k6.ts'
import type { Redaction } from '../../redaction/redaction.ts'

export function redactedK6(k6: K6Port, redaction: Redaction): K6Port {
  return {
    ...k6,
    async start(request, signal) {
      const run = await k6.start(request, signal)
      const ended = run.ended.then((end) => redactedEnd(end, redaction))
      // Whoever reads the samples first hears of it later.
      ended.catch(() => undefined)
      return {
        samples: run.samples,
        ended,
        stop: () => {
          run.stop()
        },
        cpuUs: (inner) => run.cpuUs(inner),
      }
    },
  }
}

function redactedEnd(end: K6End, redaction: Redaction): K6End {
  const files = end.files.map(({ name, text }) => ({ name, text: redaction.text(text) }))
  return { ...end, files, log: redaction.text(wholeLines(end.log)), summary: redaction.object(end.summary) }
}

/** A first line that was cut off may begin with what is left of a secret. */
function wholeLines(log: string): string {
  if (!log.startsWith('…')) return log
  const end = log.indexOf('\n')
  return end === -1 ? '' : log.slice(end + 1)
}
