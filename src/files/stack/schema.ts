/** The stack descriptor file: the schema that checks it and that editors get as JSON Schema. */
import * as z from 'zod'
import { MOST_STACKS } from '../../core/descriptor.ts'
import { LINK_NAME } from '../../faults/shared/links/keys.ts'
import {
  count,
  jmespath,
  line,
  oneOf,
  port,
  quantity,
  schemaKey,
  SERVICE_NAME,
  serviceName,
  shaped,
  urlPath,
} from '../../kinds/schema-kit.ts'
import { headers } from '../../requests/http/spec.ts'
import { REQUESTS } from '../../requests/registry.ts'
import { SCENARIO_ID } from '../scenarios/schema.ts'
import { endpoint, MAX_REPLICAS, orNull } from './parts.ts'
import { pool } from './pool-schema.ts'

function variable(description: string): z.ZodString {
  return shaped(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'the name of an environment variable', description)
}

function relativePath(description: string): z.ZodString {
  return shaped(/^[^\p{Cc}]+$/u, 'a path', `${description}, relative to this file`, 1_000)
}

function scenarioIds(description: string): z.ZodArray<z.ZodString> {
  return z
    .array(shaped(SCENARIO_ID, 'the id of a scenario', 'A scenario'))
    .max(100)
    .meta({ description })
}

/** Braces and extended patterns are left out: a short text of them can stand for more paths than can be tried. */
const glob = shaped(
  /^(?!.*[+@!?*]\()[^{}\p{Cc}]+$/u,
  'a path in which *, ** and ? may stand for names (no braces)',
  'A scenario file, or a glob of such, relative to this file',
)

const service = z.strictObject({
  health: z
    .strictObject({ port: port('Port of the health page'), path: urlPath('Path of the health page') })
    .nullable()
    .meta({ description: 'Direct health page; null for a service that has none' }),
  depends_on: z
    .array(serviceName('A service'))
    .max(100)
    .default([])
    .meta({ description: 'Services without which this one’s health page may turn red' }),
  replicas: count(MAX_REPLICAS, 'Containers that the compose file runs').default(1),
  control: z.boolean().default(true).meta({ description: 'May be chosen as the control' }),
  data: orNull(
    shaped(/^\/[^\p{Cc}]*$/u, 'an absolute path in the container', 'An absolute path', 1_000),
    'Where the bounded volume lies that holds its data; null where it has none',
  ),
  gpu: z.boolean().default(false).meta({ description: 'Its containers compute on NVIDIA GPUs that Docker gives them' }),
})

const link = z.strictObject({
  from: serviceName('The calling service, or "client" for the entry'),
  to: serviceName('The service at the far end'),
  proxy: line(128, 'Name of the toxiproxy proxy that realises the link'),
  listen_port: port('Port that the proxy listens on'),
  upstream: z.strictObject(endpoint).meta({ description: 'Where the proxy forwards to' }),
  on_canary_path: z.boolean().default(false).meta({ description: 'The canary request crosses this link' }),
  one_of: line(
    64,
    'Links with the same name here stand for each other, as those to the members of a pool: a request crosses one of them, whichever',
  ).optional(),
  probe: z
    .strictObject({ path: urlPath('Answered through the link without help of other services'), headers: headers.default({}) })
    .meta({ description: 'How to get bytes back through the link' }),
  leg: orNull(
    z.strictObject({
      client: serviceName('Container that connects'),
      server: serviceName('Container that accepts'),
      port: port('Port that no other link uses'),
    }),
    'The stretch on which packets can be lost and connections reset',
  ),
})

const MOST_IN_TURN = 20
const requestName = line(64, 'Name of a request')

const request = z.union(REQUESTS.map(({ entry }) => entry))

const metricName = shaped(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,199}$/, 'the name of a Prometheus metric', 'A gauge, bytes')

const vram = z
  .strictObject({
    service: serviceName('The service that declares GPU memory'),
    request: line(64, 'The request whose copies hold the memory while they are under way'),
    size_key: line(100, 'Key of its body whose number says how much one copy takes'),
    largest: count(1_000_000_000, 'Largest number for that key'),
    smallest: count(1_000_000_000, 'Smallest number for that key'),
    metrics: z
      .strictObject({
        port: port('Port of the metrics page'),
        path: urlPath('Path of the metrics page'),
        used_bytes: metricName,
        total_bytes: metricName,
      })
      .meta({ description: 'What each container of the service says of its memory' }),
  })
  .refine((spec) => spec.smallest <= spec.largest, { error: 'must not be above largest', path: ['smallest'] })
  .meta({ description: 'How GPU memory is used up where there is no GPU' })

const completed = z
  .strictObject({
    ...endpoint,
    path: shaped(
      /^\/(?!\/)[^\s\\\p{Cc}]*\{after\}[^\s\\\p{Cc}]*$/u,
      'a path that begins with one / and has {after} in it',
      'Path of a page; {after} stands for the place to go on from',
      1_000,
    ),
    headers: headers.default({}),
    first: line(100, 'Stands for {after} at the beginning: the page then tells the place after all that are completed'),
    ids: jmespath('Ids of completed jobs in the page'),
    next: jmespath('The place to go on from'),
    claim: z
      .strictObject({
        metric: line(128, "A load script's counter, one sample for each answer"),
        key: line(128, "Key of the sample's metadata that holds the job's id"),
      })
      .meta({ description: 'How a load script says which jobs were done for it' }),
    kept_by: orNull(
      serviceName('Keeps the list'),
      'Service that keeps the list: at the end of a scenario with a death, or with a write that found no room, it is restarted once, and all that was answered must be on the list still, read from the same place; null for no restart',
    ),
    ours_alone: z.boolean().default(false).meta({
      description:
        'Nobody but this harness asks the stack for jobs, so that each id on the list must be one that a request of it gave its job (under "refused", or "echoes" of what "job" reads); each request of the canary must give one. It is not asked while a load holds, nor of a scenario in which a request gave none, or that begins within a minute of such a one',
    }),
  })
  .meta({ description: 'How the system tells which jobs it has completed: served answers are held against it' })

const MOST_GAUGES = 50

const gauge = z
  .strictObject({
    service: serviceName('Whose page it stands on; of several containers each is held against itself'),
    port: port('Port of the metrics page'),
    path: urlPath('Path of the metrics page, in the text format of Prometheus'),
    metric: line(200, 'Name of the gauge; several series are added up'),
    labels: z
      .record(z.string().max(200), z.string().max(1_000))
      .default({})
      .meta({ description: 'Only series with these labels' }),
    at_most_more: quantity({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'After the fault the least that is seen of it may be so much above what it was before',
    }).optional(),
    at_most_less: quantity({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'After the fault the most that is seen of it may be so much below what it was before',
    }).optional(),
  })
  .refine(({ at_most_more: more, at_most_less: less }) => more !== undefined || less !== undefined, {
    error: 'says nothing: give at_most_more, at_most_less or both',
  })
  .meta({ description: 'A gauge that is after a fault as it was before: places in a queue, workers, device memory' })

const defects = z.strictObject({
  variable: variable('Compose variable that carries the defects'),
  known: z
    .record(
      shaped(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a name of small letters, digits and dashes', 'A defect'),
      z.strictObject({
        fails: scenarioIds('Scenarios that it must turn failed').min(1),
        clauses: z
          .record(
            names(SCENARIO_ID, 'the id of a scenario'),
            z.strictObject({
              text: line(400, 'Beginning of the text of the clause or limit that must be missed, as reports show it'),
              observed: line(400, 'A part of what is observed then').optional(),
            }),
          )
          .optional()
          .meta({
            description: 'What is missed in each of them: one that is red for something else has not found the defect',
          }),
        may_fail: scenarioIds('Scenarios that it turns failed on some machines, as on one with few CPUs').optional(),
        blinds: scenarioIds('Scenarios whose fault cannot bite with it, so that they are inconclusive').optional(),
        text: line(400, 'What is wrong then'),
      }),
    )
    .meta({ description: 'Defects by name' }),
})

function names(pattern: RegExp, what: string): z.ZodString {
  return z.string().regex(pattern, { error: `is not ${what}` })
}

export const stackSchema = z
  .strictObject({
    $schema: schemaKey(),
    name: shaped(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a name of small letters, digits, dashes and underscores', 'Name of the stack'),
    reference: z.boolean().default(false).meta({ description: 'The stack that ships with the action' }),
    compose: z
      .array(relativePath('A compose file'))
      .min(1)
      .max(20)
      .meta({ description: 'Compose files of the stack, each over those before it' }),
    images: z
      .array(
        z.strictObject({
          variable: variable('Compose variable that names the image'),
          service: serviceName('The service that runs it'),
          repository: shaped(/^[a-z0-9][a-z0-9._/:-]{0,254}$/, 'an image name without a tag', 'Name of the built image'),
          context: relativePath('Folder with the Dockerfile'),
        }),
      )
      .max(100)
      .default([])
      .meta({ description: 'Images that are built from this folder unless their variable is set' }),
    secrets: z
      .array(variable('A variable'))
      .max(100)
      .default([])
      .meta({ description: 'Variables that get a random value per run and are redacted everywhere' }),
    stacks: count(
      MOST_STACKS,
      'How many of it were seen to be well side by side on a machine with as many CPUs: so many are used unless a run says otherwise',
    ).default(1),
    cpu_quotas: oneOf(
      ['from_start', 'when_healthy'],
      'When the CPU quotas of the compose file hold: when_healthy lets the services start on all CPUs, which changes a program that looks at its quota when it starts',
    ).default('from_start'),
    services: z
      .record(names(SERVICE_NAME, 'the name of a compose service'), service)
      .meta({ description: 'Services that must be well, by their names in the compose files' }),
    entry: z.strictObject(endpoint).meta({ description: 'Where requests enter the stack' }),
    toxiproxy: orNull(z.strictObject(endpoint), 'Service and port of the toxiproxy API'),
    links: z
      .record(names(LINK_NAME, 'a name for a link'), link)
      .default({})
      .meta({ description: 'Ways from one service to another that a toxiproxy can break, by names of your own' }),
    default_link: orNull(
      shaped(LINK_NAME, 'the name of a link', 'The name of a link'),
      'Link of network entries that name none; null where each must name its own',
    ),
    requests: z
      .record(names(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a name for a request'), request)
      .meta({ description: 'Requests through the entry, by names of your own' }),
    canary: z
      .strictObject({
        request: z.union([requestName, z.array(requestName).min(1).max(MOST_IN_TURN)]).meta({
          description:
            'Name of the request that is sent all the time, or of several that take turns: each is judged by itself, too',
        }),
        rate_per_second: quantity({ minimum: 1, maximum: 100, description: 'Requests a second' }).default(10),
        watch_per_second: quantity({
          ...{ minimum: 1, maximum: 200 },
          description:
            'How many a second the stack bears while a recovery is watched: the more, the sooner is seen that all is as before; left out: twice the rate',
        }).optional(),
        burst: quantity({
          ...{ minimum: 2, maximum: 100 },
          description:
            'So many requests at once, which the stack bears: sent before the first fault, and after each recovery, when the last of them must be answered nearly as soon; left out: none',
        }).optional(),
      })
      .meta({ description: 'What a user would ask for: it is asked all the time, and tells what users see' }),
    pool: orNull(pool, 'A pool of workers as the system itself lists it; null for none'),
    vram: orNull(vram, 'How GPU memory is used up where there is no GPU; null for not at all'),
    completed: orNull(
      completed,
      'How the system tells which jobs it has completed: served answers are held against it; null where it does not',
    ),
    gauges: z
      .array(gauge)
      .max(MOST_GAUGES)
      .default([])
      .meta({ description: 'What the services say that they hold, which no fault may change for good' }),
    scenarios: z.array(glob).min(1).max(100).meta({ description: 'Scenario files for this stack' }),
    load: z
      .array(relativePath('A folder'))
      .max(20)
      .default([])
      .meta({ description: 'Folders with k6 scripts, each a load pattern, and perhaps a load.json that says more about them' }),
    defects: orNull(defects, 'Mistakes that the services can be told to make, each of which scenarios must find; null for none'),
  })
  .meta({ title: 'chaos-action stack' })

export type StackFile = z.output<typeof stackSchema>
