/** Keys of entries that end, stop or pause containers. */
import * as z from 'zod'
import { CONTAINER_ACTIONS, CRASH_TIMINGS } from '../core/faults.ts'
import { oneOf, quantity, serviceName, wrong } from './schema-kit.ts'

export const CRASH_SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT', 'SIGSEGV', 'SIGHUP'] as const
/** Ways to say when and how much of a crash; an entry has at most one. */
export const CRASH_MODES = ['timing', 'timeout_seconds', 'count'] as const

const PERCENT = /^(?:100|[1-9]\d?)%$/

function wrongCount(issue: { readonly input?: unknown }): string {
  return wrong(issue.input, 'a share such as "50%" (1 to 100), or a whole number of containers from 1 to 1000')
}

export const countSchema = z
  .union(
    [z.string().regex(PERCENT, { error: wrongCount }), z.int().min(1, { error: wrongCount }).max(1_000, { error: wrongCount })],
    { error: wrongCount },
  )
  .meta({ description: 'How many containers are hit at once: a number, or a share that is rounded up; one where it is left out' })

export const crashKeys = {
  target: serviceName('The service whose container is hit'),
  signal: oneOf(CRASH_SIGNALS, 'What is sent to it'),
  timing: oneOf(CRASH_TIMINGS, 'When it is sent').optional(),
  timeout_seconds: quantity({
    unit: 's',
    minimum: 0,
    above: true,
    maximum: 3_600,
    description: 'The container is made deaf and the system is asked to stop it; within this time it must end it by force',
  }).optional(),
  count: countSchema.optional(),
  via: oneOf(
    ['kernel', 'api'],
    'kernel (the default): as a crash, with the restart policy in force; api: through the daemon, which counts as a stop by hand',
  ).optional(),
  cause: oneOf(
    ['signal', 'oom'],
    'oom: the memory of its cgroup is used up until the kernel itself kills the main process',
  ).optional(),
}

export const actionKeys = {
  action: oneOf(CONTAINER_ACTIONS, 'What the daemon is asked to do with the container'),
  target: serviceName('The service whose container it is'),
  count: countSchema.optional(),
}

/** In the JSON Schema: no two of the modes. */
export const CRASH_RULES = {
  not: { anyOf: CRASH_MODES.map((mode, index) => ({ required: [mode, CRASH_MODES[(index + 1) % CRASH_MODES.length]] })) },
}

export type CrashInput = z.output<z.ZodObject<typeof crashKeys>>
export type ActionInput = z.output<z.ZodObject<typeof actionKeys>>
export type CountInput = z.output<typeof countSchema>
