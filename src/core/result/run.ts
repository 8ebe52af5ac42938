/** The result of a run, what `result.json` holds: the shape is the type, the published schema and its documentation. */
import * as z from 'zod'
import type { DeepReadonly } from '../json.ts'
import type { Json } from '../json.ts'
import { PROFILES, VERDICTS } from '../model.ts'
import { loadShape } from './load.ts'
import { begun, count, met, suite, texts } from './parts.ts'
import { scenarioShape } from './scenario.ts'

export const RESULT_SCHEMA_VERSION = 1

const json: z.ZodType<Json> = z.json()
const runVerdict = z.enum(VERDICTS).exclude(['skipped'])

const counts = z
  .object({
    passed: count.describe('How many passed.'),
    failed: count.describe('How many broke a promise.'),
    inconclusive: count.describe('How many could not show anything.'),
    error: count.describe('How many could not be run or undone as they should.'),
    skipped: count.describe('How many were skipped for something that the machine or the stack lacks.'),
  })
  .describe('Scenarios and load patterns by their verdict.')

const image = z.object({
  service: z.string().describe('Service that runs it.'),
  image: z.string().describe('Name of the image.'),
  id: z.string().describe('Content hash of the image, as Docker tells it.'),
  reference: z
    .boolean()
    .describe("Whether it is one of the action's own reference services: then the run shows the harness, not a user's system."),
})

const run = z.object({
  id: z.string().describe('Id of the run; what it makes in Docker carries it as a label.'),
  profile: z.enum(PROFILES).describe('How much of each scenario and pattern was run.'),
  seed: z.number().nullable().describe('Seed of all choices by chance; null when nothing was left to chance.'),
  ...begun,
  plannedMs: z.number().describe('How long it was expected to take, ms.'),
  stack: z.string().describe('Name of the stack; of a system that somebody else runs its address.'),
  // Of a result that was written before there could be several.
  stacks: count.default(1).describe('How many stacks ran side by side; 0 when somebody else runs the system.'),
  address: z.string().nullable().describe('Address of a system that somebody else runs; null when the stack is ours.'),
  images: z.array(image).describe('Images that the services of the stack ran.'),
  reference: z.boolean().describe('Whether all targets are built-in reference services.'),
  noInject: z.boolean().describe('Whether it was a rehearsal, in which nothing is injected.'),
  strict: z.boolean().describe('Whether something skipped makes the run an error.'),
  defects: texts.describe('Names of the defects that the reference services were given on purpose.'),
})

export const resultShape = z
  .object({
    schemaVersion: z
      .literal(RESULT_SCHEMA_VERSION)
      .describe('Version of this format; it changes only when a key goes or means something else.'),
    tool: z
      .object({
        name: z.literal('chaos-action').describe('Name of the program that wrote the result.'),
        version: z.string().describe('Version of that program.'),
      })
      .describe('What wrote the result.'),
    run: run.describe('What was run, on what, and how.'),
    verdict: runVerdict.describe(
      'What was decided of the run as a whole. It cannot be skipped: nothing but skipped scenarios is an error.',
    ),
    reasons: texts.describe(
      'Reasons that belong to the run and to no scenario, such as a stack that did not come up; empty when there are none.',
    ),
    counts,
    suites: z
      .array(
        z.object({
          name: suite.describe('Name of the suite.'),
          verdict: runVerdict.describe('What was decided of the suite.'),
          counts,
        }),
      )
      .describe('The suites of which something was run, in their usual order.'),
    criteria: z
      .array(
        z.object({
          text: z.string().describe('The criterion, for people.'),
          met: met.describe('Whether every scenario that was not skipped meets it; null where no scenario was run for it.'),
        }),
      )
      .describe("The original harness's five success criteria, answered from what was observed."),
    scenarios: z.array(scenarioShape).describe('One result for each scenario that was run, in the order of the files.'),
    load: z.array(loadShape).describe('One result for each load pattern that was run.'),
    environment: z
      .record(z.string(), json)
      .describe(
        'Facts about the machine (host), its Docker (daemon), the version of compose, and the calls of Docker that the run needed (dockerCalls); sizes are in bytes.',
      ),
  })
  .meta({
    title: 'chaos-action result',
    description:
      'What a run has found. Times are ISO 8601 in UTC, and durations carry their unit in the name. Keys may be added.',
  })

export type RunResult = DeepReadonly<z.infer<typeof resultShape>>
export type Counts = DeepReadonly<z.infer<typeof counts>>
export type ImageInUse = RunResult['run']['images'][number]
