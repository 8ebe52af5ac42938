import { z } from 'zod'
import type { ToolboxOperation, ToolboxOperations } from '../../core/toolbox.ts'
import { CONNECTS_AT_ONCE, MAX_FLOOD } from './flood.ts'
import { MAX_HELD } from './hold.ts'
import { SIGNALS } from './process.ts'

/** The longest any one operation may take: an operation must end before its caller's patience does. */
const LONGEST_MS = 10 * 60_000

const port = z.int().min(1).max(65_535)
const timeoutMs = z.int().min(1).max(120_000)
const target = z.strictObject({ host: z.string().min(1).max(253), port })
const headers = z.record(z.string().max(200), z.string().max(4_096))
const path = z.string().min(1).max(2_048)
const side = z.enum(['client', 'server'])
const none = z.strictObject({})
const group = z.string().min(1).max(100)

const id = z.string().regex(/^[0-9a-f]{12,64}$/, 'is not the id of a container')
const process = { pid: z.int().min(1).max(4_194_304), containerId: id }
const method = z.string().regex(/^[A-Z]{1,20}$/, 'is not an HTTP method')
const body = z
  .string()
  .max(1024 * 1024)
  .nullable()
const bytes = z
  .int()
  .min(1)
  .max(2 ** 45)
/** In the volume: what leads out of it is refused by its real path. */
const folder = z.string().regex(/^(?:\/[^\0]{1,1000})?$/, 'is neither empty nor a path that begins with /')
const fillLimitMs = z.int().min(1).max(120_000)

const memoryFill = z
  .strictObject({ ...process, percent: z.number().min(1).max(100).nullable(), bytes: bytes.nullable(), limitMs: fillLimitMs })
  .refine((args) => (args.percent === null) !== (args.bytes === null), 'takes percent or bytes, not both and not none')

const diskFill = z
  .strictObject({
    path: folder,
    of: z.enum(['bytes', 'inodes']),
    percent: z.number().min(1).max(100).nullable(),
    bytes: bytes.nullable(),
    limitBytes: bytes,
    limitMs: fillLimitMs,
  })
  .refine((args) => (args.percent === null) !== (args.bytes === null), 'takes percent or bytes, not both and not none')
  .refine((args) => args.of === 'bytes' || args.percent !== null, 'inodes are used up by percent')

const vramFill = z
  .strictObject({ percent: z.int().min(1).max(100).nullable(), bytes: bytes.nullable(), limitMs: fillLimitMs })
  .refine((args) => (args.percent === null) !== (args.bytes === null), 'takes percent or bytes, not both and not none')

const vramOpen = z.strictObject({
  gpu: z.string().regex(/^GPU-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'is not the uuid of a GPU'),
  allow: z.array(process.pid).max(4_096).nullable(),
})

/** What a helper can have waiting in its sockets' buffers at one time. */
const MAX_FLOOD_BODIES = 64 * 1024 * 1024

const floodOpen = z
  .strictObject({
    id: group,
    target,
    count: z.int().min(1).max(MAX_FLOOD),
    request: z.strictObject({ method, path, headers, body }).nullable(),
    connectTimeoutMs: timeoutMs,
  })
  .refine(
    (args) => Math.ceil(args.count / CONNECTS_AT_ONCE) * args.connectTimeoutMs <= LONGEST_MS,
    'all connects together would take over 10 minutes',
  )
  .refine((args) => args.count * (args.request?.body?.length ?? 0) <= MAX_FLOOD_BODIES, 'all bodies together are over 64 MiB')

const probeHttp = z
  .strictObject({ target, path, headers, count: z.int().min(1).max(2_000), intervalMs: z.int().min(0).max(60_000), timeoutMs })
  .refine(
    (args) => args.count * args.intervalMs + args.timeoutMs <= LONGEST_MS,
    'all requests together would take over 10 minutes',
  )

/** What each operation accepts. Unknown keys are refused, everything has a limit. */
export const ARGUMENTS: { readonly [O in ToolboxOperation]: z.ZodType<ToolboxOperations[O]['args']> } = {
  capabilities: none,
  'probe.http': probeHttp,
  'probe.transfer': z.strictObject({ target, path, headers, repeat: z.int().min(1).max(10_000), limitMs: timeoutMs }),
  'hold.open': z.strictObject({ id: group, target, path, headers, count: z.int().min(1).max(MAX_HELD), timeoutMs }),
  'hold.try': z.strictObject({ id: group, timeoutMs, path: path.exactOptional() }),
  'hold.close': z.strictObject({ id: group }),
  'loss.install': z.strictObject({ port, side, percent: z.number().min(0.01).max(100) }),
  'loss.read': none,
  'resets.arm': z.strictObject({ port, side, momentsMs: z.array(z.number().min(0).max(LONGEST_MS)).min(1).max(200) }),
  'resets.read': none,
  'tcp.read': none,
  // No quotes or backslashes: the marker also travels through iptables' own list format.
  'marker.install': z.strictObject({ marker: z.string().regex(/^[\w /.:?=&-]{1,64}$/), intoPort: port, outOfPort: port }),
  'marker.read': none,
  'tcp.count': z.strictObject({ port, side }),
  fetch: z.strictObject({
    target,
    method,
    path,
    headers,
    body,
    timeoutMs,
    maxBytes: z
      .int()
      .min(1)
      .max(16 * 1024 * 1024),
  }),
  'flood.open': floodOpen,
  'flood.read': z.strictObject({ id: group }),
  'flood.close': z.strictObject({ id: group }),
  'process.look': z.strictObject(process),
  'process.signal': z.strictObject({ ...process, signal: z.enum(SIGNALS) }),
  'nofile.lower': z.strictObject({ ...process, headroom: z.int().min(1).max(1_000_000) }),
  'nofile.restore': z.strictObject({
    ...process,
    soft: z
      .int()
      .min(1)
      .max(2 ** 31),
  }),
  'host.read': none,
  'cgroup.read': z.strictObject(process),
  'cpu.burn': z.strictObject({ ...process, workers: z.int().min(1).max(256), loadPercent: z.int().min(1).max(100) }),
  'cpu.read': none,
  'memory.fill': memoryFill,
  'disk.look': z.strictObject({ path: folder }),
  'disk.fill': diskFill,
  'disk.leftovers': z.strictObject({ path: folder }),
  'disk.sweep': z.strictObject({ path: folder }),
  'vram.look': z.strictObject({ containers: z.array(id).max(1_000) }),
  'vram.open': vramOpen,
  'vram.fill': vramFill,
  'vram.read': none,
  leftovers: none,
  undo: none,
  renew: none,
}

/** @throws Error naming the key and what is wrong with it. */
export function parseArguments<O extends ToolboxOperation>(op: O, value: unknown): ToolboxOperations[O]['args'] {
  const parsed = ARGUMENTS[op].safeParse(value)
  if (parsed.success) return parsed.data
  throw new Error(`bad arguments for ${op}: ${z.prettifyError(parsed.error)}`)
}
