/** Keys of entries that use something up, one set for each resource. */
import * as z from 'zod'
import { countSchema } from './crash-schema.ts'
import { oneOf, quantity, serviceName, shaped, wrong } from './schema-kit.ts'

const SHARE = /^(?:100|[1-9]\d?)%$/
const SIZE = /^[1-9]\d{0,9}(?:B|KiB|MiB|GiB)$/
export const MAX_CONNECTIONS = 5_000
const MAX_HEADROOM = 100_000

const target = serviceName('The service whose resource it is')
const share = shaped(SHARE, 'a share such as "95%" (1 to 100)', 'How far it is used up')

/** Either of two shapes, with one message for whatever is neither. */
function either<A extends z.ZodType, B extends z.ZodType>(first: A, second: B, allowed: string): z.ZodUnion<readonly [A, B]> {
  return z
    .union([first, second], { error: (issue) => wrong(issue.input, allowed) })
    .meta({ description: 'How far it is used up' })
}

const diskThreshold = shaped(
  new RegExp(`${SHARE.source}|${SIZE.source}`),
  'a share such as "95%" (1 to 100) or a size such as "1000MiB" (B, KiB, MiB, GiB)',
  'How far it is used up, or how much is written',
)

export const RESOURCE_KEYS = {
  disk: {
    resource: z.literal('disk'),
    target,
    threshold: diskThreshold,
    of: oneOf(['bytes', 'inodes'], 'What of it; the default is bytes').optional(),
    path: shaped(
      /^\/[^\p{Cc}]*$/u,
      'an absolute path in the container',
      "In the volume to fill; the descriptor's data path of the service where it is left out",
    ).optional(),
    limit_bytes: quantity({
      unit: 'bytes',
      minimum: 1,
      maximum: 1_099_511_627_776,
      integer: true,
      description: "Never write more than this; needed for a path on the machine's own disk",
    }).optional(),
  },
  memory: {
    resource: z.literal('memory'),
    target,
    threshold: share,
    then: oneOf(['hold', 'oom'], 'hold (the default), or go on until the kernel kills the main process').optional(),
    count: countSchema.optional(),
  },
  cpu: { resource: z.literal('cpu'), target, threshold: share, count: countSchema.optional() },
  file_descriptors: {
    resource: z.literal('file_descriptors'),
    target,
    threshold: either(
      z.literal('ulimit'),
      z.int().min(1).max(MAX_HEADROOM),
      `"ulimit", or how many more than now may be open (1 to ${String(MAX_HEADROOM)})`,
    ),
  },
  connections: {
    resource: z.literal('connections'),
    target,
    threshold: quantity({
      unit: 'connections',
      minimum: 1,
      maximum: MAX_CONNECTIONS,
      integer: true,
      description: 'So many at once',
    }),
    mode: oneOf(
      ['requests', 'idle'],
      "requests (the default): each sends the canary's request at once; idle: open and silent",
    ).optional(),
  },
  vram: {
    resource: z.literal('vram'),
    target,
    threshold: share,
    allow_others: z
      .boolean()
      .optional()
      .meta({ description: 'Also on a GPU where others compute than the target; the default is false' }),
  },
} as const

export type ResourceName = keyof typeof RESOURCE_KEYS
export const RESOURCE_NAMES = Object.keys(RESOURCE_KEYS) as [ResourceName, ...ResourceName[]]

export function isResourceName(name: unknown): name is ResourceName {
  return typeof name === 'string' && Object.hasOwn(RESOURCE_KEYS, name)
}

export type ResourceInput = { [R in ResourceName]: z.output<z.ZodObject<(typeof RESOURCE_KEYS)[R]>> }[ResourceName]

/** Which resources have a key that not all have. */
export function resourcesWith(key: string): string[] {
  return RESOURCE_NAMES.filter((name) => Object.hasOwn(RESOURCE_KEYS[name], key))
}
