/** What the results of scenarios and of load patterns have in common. Keys that are not known are left out of what is parsed. */
import * as z from 'zod'
import { SUITES, VERDICTS } from '../model.ts'

export const count = z.int().min(0)
export const numberOrNull = z.number().nullable()
export const texts = z.array(z.string())
export const met = z.boolean().nullable()
export const suite = z.enum(SUITES)

/** A file beside the result. Renderers open it, so it must not lead out of the result's folder. */
const fileBeside = z
  .string()
  .min(1)
  .max(1_000)
  .regex(/^(?!\/)(?![A-Za-z]:)(?!(?:.*\/)?\.\.(?:\/|$))[^\\\p{Cc}]+$/u, {
    error: 'must be a path below the folder of the result',
  })
  .describe('Path of the file, relative to the folder of the result.')

export const series = z.object({ file: fileBeside }).nullable()

const source = z.object({
  file: z.string().describe('Path of the file that it was read from.'),
  line: z.number().describe('Line of the entry in that file, from 1; 1 for a script that no manifest names.'),
})

/** The keys that both have, in the order in which they are written: the first ones, and the last ones. */
export const judged = {
  id: z.string().describe('Id of the entry, as in its file: NF-002.'),
  name: z.string().describe('Name of the entry, as in its file.'),
  suite: suite.describe('Suite that it belongs to.'),
  verdict: z
    .enum(VERDICTS)
    .describe('What was decided. Skipped: this machine or stack lacks something, and nothing was injected.'),
  reasons: texts.describe('Why it is not passed, one sentence each; empty when it is.'),
}
export const begun = {
  startedAt: z.string().describe('When it began, ISO 8601 in UTC.'),
  durationMs: z.number().describe('How long it took in all, ms.'),
}
export const kept = {
  logs: z
    .array(z.object({ service: z.string().describe('Service whose log it is; k6 for the load generator.'), file: fileBeside }))
    .describe('Log files that were kept, one for each service.'),
  repeatCommand: z.string().describe('Command line that runs this one again.'),
  source: source.describe('Where the entry stands.'),
}
export const expectedBehavior = z.string().describe('What the entry says should happen, for people.')
