/** The result of one load pattern: the shape is the type, the published schema and its documentation. Times count from the start of the load. */
import * as z from 'zod'
import type { DeepReadonly } from '../json.ts'
import { begun, expectedBehavior, judged, kept, met, numberOrNull, series, texts } from './parts.ts'

const limit = z.object({
  text: z.string().describe('The threshold as it was written.'),
  metric: z.string().describe("Name of k6's metric, or of one that the script declares."),
  filter: z.string().nullable().describe('Tags that the samples must have: outcome:served; null when all of them count.'),
  aggregate: z.string().describe('What is made of the samples: avg, min, med, max, p95, rate, count or value.'),
  operator: z.string().describe('How observed and limit are compared: <, <=, >, >=, == or !=.'),
  limit: z.number().describe('The limit, in the unit.'),
  unit: z.string().describe('Unit of limit and observed: ms, share (0…1), /s, or empty for plain numbers.'),
  from: z
    .enum(['script', 'manifest', 'input', 'default'])
    .describe('Who asked for it; default: nobody did, and errors are limited all the same.'),
  scope: z
    .enum(['run', 'hold', 'worst_10_s', 'setup', 'teardown'])
    .describe(
      'Where it was judged: the run, a hold of the target, the ten seconds that kept it least, or, by k6, in setup() or teardown().',
    ),
  fromMs: z.number().describe('Begin of the stretch, ms.'),
  toMs: z.number().describe('End of the stretch, ms.'),
  target: numberOrNull.describe('Users, or iterations a second, of the hold; null for another scope.'),
  observed: numberOrNull.describe('What was seen, in the unit; null without a sample.'),
  samples: z.number().describe('How many samples that was made of; 0 where only k6 knows.'),
  neededSamples: z.number().describe('With fewer samples it is not decided.'),
  met: met.describe('Whether the limit was kept; null when it could not be decided.'),
  gates: z.boolean().describe('Whether it counts for the verdict; false: it is shown only.'),
})

const breakingPoint = z.object({
  atMs: z.number().describe('When it broke, ms.'),
  users: z.number().describe('Users at work then.'),
  requestsPerSecond: z.number().describe('Requests a second then, the mean of the five seconds around it.'),
  reason: z
    .enum(['errors', 'latency', 'throughput_knee'])
    .describe('What showed it: errors or latency above their limit, or users that grew while the requests hardly did.'),
  detail: z.string().describe('The figures that show it, for people.'),
  generatorSaturated: z
    .boolean()
    .describe("Whether the generator was at its own end by then, so that the system's breaking point is at least this."),
})

const recovery = z.object({
  atMs: z.number().describe('When the users had fallen, ms.'),
  fromTarget: z.number().describe('Users, or iterations a second, before the fall.'),
  toTarget: z.number().describe('Users, or iterations a second, after it.'),
  afterMs: numberOrNull.describe('How long until it was as before, ms; null when it never was.'),
  limitMs: z.number().describe('How long it was watched at most, ms; 0 when the load ended with the fall.'),
  detail: z.string().describe('The figures of the second that shows it, for people.'),
})

const generator = z.object({
  cpuPercent: numberOrNull.describe('CPU time of k6 in its worst 5 s, percent of one core; null when it could not be read.'),
  machinePercent: numberOrNull.describe(
    'How busy the whole machine of the generator was in its worst 5 s, percent; null when nobody looked.',
  ),
  stolenPercent: numberOrNull
    .default(null)
    .describe(
      'Of the CPU time that its machine asked for, the percentage that the host that it is a guest of gave to others; null when nobody looked.',
    ),
  droppedIterations: z.number().describe('Iterations that k6 left out, as every user was waiting for an answer.'),
  saturated: z.boolean().describe('Whether it was at its own end in any second.'),
  reasons: texts.describe('How and when it was at its own end; empty when it never was.'),
})

const completion = z.object({
  served: z.number().describe('Served answers that carried the id of a job.'),
  unknown: z
    .number()
    .describe('How many of them are of jobs that the system never completed, or of one that another answer had claimed.'),
  examples: texts.describe('Up to ten ids of those.'),
  unclaimed: z
    .number()
    .describe("Completed jobs that no served answer accounts for: the canary's, and those of interrupted iterations."),
})

export const loadShape = z.object({
  ...judged,
  expectedBehavior,
  ...begun,
  model: z
    .enum(['closed', 'open'])
    .describe(
      'Closed: users ask again when they have their answer. Open: requests came at a rate, however long the answers took.',
    ),
  users: z.number().describe('The most users at work in one second.'),
  requests: z.number().describe('Requests that were sent: of HTTP, sessions of WebSocket, calls of gRPC.'),
  rps: z.number().describe('Requests a second, the mean of the whole run.'),
  errorRate: z.number().describe("Share of errors, 0…1, by the script's own metric errors where it has one."),
  outcomes: z
    .object({
      served: z.number().describe('Served in full.'),
      rejected: z.number().describe('Turned away in order: 503 with Retry-After, in time.'),
      failed: z.number().describe('Everything else.'),
    })
    .describe("What became of the tasks, by the script's own counter tasks where it has one, else of the requests."),
  errors: z
    .record(z.string(), z.number())
    .describe(
      "Number of requests that were not served, by status (503), by k6's error code (error 1212), by the code of a call (gRPC 14), or as wrong answer.",
    ),
  p50Ms: numberOrNull.describe('Median duration of a request, ms; null without one.'),
  p95Ms: numberOrNull.describe('95th percentile of the durations, ms; null without a request.'),
  p99Ms: numberOrNull.describe('99th percentile of the durations, ms; null without a request.'),
  peakInFlight: z.number().describe('Requests under way at once: the highest mean of a second.'),
  thresholds: z.array(limit).describe('Each threshold over each stretch that it was judged in.'),
  breakingPoint: breakingPoint
    .nullable()
    .describe('Where the system broke while the users grew; null when it did not, or nobody asked.'),
  recoveries: z.array(recovery).describe('How long the system took to be as before, for each fall of the users to half or less.'),
  generator: generator.describe('Whether the load generator could do its part.'),
  completion: completion
    .nullable()
    .describe(
      'Served answers against the jobs that the system says it has completed; null where the stack does not say how to ask, or it was not asked.',
    ),
  k6: z
    .object({
      version: z.string().describe('Version of k6, as it tells it.'),
      runsIn: z.string().describe('Where it ran: container or host.'),
      exitCode: numberOrNull.describe(
        'Its exit code; null when it did not end, or of several generators that ended differently.',
      ),
    })
    .nullable()
    .describe('The k6 that made the load; null when none was begun.'),
  notes: texts.describe('What is good to know and changed nothing.'),
  series: series.describe('Histograms by second as gzipped lines of JSON; null when none was kept.'),
  ...kept,
})

export type LoadResult = DeepReadonly<z.infer<typeof loadShape>>
