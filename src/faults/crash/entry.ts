/** Entries that end the main process of a container: by a signal, by the kernel's OOM kill, or by a stop that it does not answer. */
import { defineEntry, type LooseEntry, type Refuse } from '../../kinds/define-entry.ts'
import { oneOf, quantity, serviceName } from '../../kinds/schema-kit.ts'
import { memory } from '../memory/fault.ts'
import { countSchema, toCount } from '../shared/entry-keys.ts'
import { unansweredStop } from '../unanswered-stop/fault.ts'
import { crash } from './fault.ts'
import { CRASH_SIGNALS, CRASH_TIMINGS, SIGNAL_PATHS } from './plan.ts'

/** Ways to say when and how much of a crash; an entry has at most one. */
const CRASH_MODES = ['timing', 'timeout_seconds', 'count'] as const

/** In the JSON Schema: no two of the modes. */
const CRASH_RULES = {
  not: { anyOf: CRASH_MODES.map((mode, index) => ({ required: [mode, CRASH_MODES[(index + 1) % CRASH_MODES.length]] })) },
}

export const crashEntry = defineEntry({
  group: 'crash',
  key: 'signal',
  way: 'target + signal',
  keys: {
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
      SIGNAL_PATHS,
      'kernel (the default): as a crash, with the restart policy in force; api: through the daemon, which counts as a stop by hand',
    ).optional(),
    cause: oneOf(
      ['signal', 'oom'],
      'oom: the memory of its cgroup is used up until the kernel itself kills the main process',
    ).optional(),
  },
  rules: CRASH_RULES,
  together(entry, refuse) {
    checkModes(entry, refuse)
    checkOom(entry, refuse)
  },
  /** What is aimed by what the pool says needs one, of the service that it hits. */
  lacks({ target, timing, timeout_seconds: timeoutSeconds }, { pool }, tell) {
    const timed = timing === 'during_inference' || timing === 'during_registration'
    if (!timed && timeoutSeconds === undefined) return
    const key = timed ? 'timing' : 'timeout_seconds'
    if (pool === null) tell([key], 'needs a pool, and none is declared')
    else if (!pool.services.includes(target))
      tell([key], `is for members of the pool only, and those are of service "${pool.services.join('", "')}"`)
    else if (timing === 'during_inference' && pool.work === null)
      tell([key], 'needs a pool with "work", a request to keep a member busy with; there is none')
    else if (!timed && pool.stop === null)
      tell([key], 'needs a pool with "stop", a way to ask for the stop of a member; there is none')
  },
  request(input, missing) {
    const { target, signal, timeout_seconds: timeoutSeconds, cause } = input
    if (timeoutSeconds !== undefined) return unansweredStop.request({ target, signal, timeoutSeconds }, missing)
    const count = toCount(input.count)
    if (cause === 'oom') return memory.request({ target, percent: 100, then: 'oom', count }, missing)
    return crash.request({ target, signal, via: input.via ?? 'kernel', timing: input.timing ?? null, count }, missing)
  },
  docs: {
    what: 'the main process is signalled as by a crash: the restart policy stays in force; with `timeout_seconds` a container is made deaf, then the system is asked to stop it',
    options:
      '`timing` (`during_inference`, `during_registration`, `random`), `count` (`2`, `"50%"`) or `timeout_seconds` (how long the system has to end the container by force), `via: "api"`, `cause: "oom"`',
  },
})

function checkModes(entry: LooseEntry, refuse: Refuse): void {
  const modes = CRASH_MODES.filter((mode) => entry.has(mode))
  const [, second] = modes
  if (second === undefined) return
  refuse(second, `at most one of ${CRASH_MODES.join(', ')} may be given; here are ${modes.join(' and ')}`, 'key')
}

/** An OOM kill is the kernel's: it sends SIGKILL when it must, and to whom it must. */
function checkOom(entry: LooseEntry, refuse: Refuse): void {
  if (entry.text('cause') !== 'oom') return
  const signal = entry.text('signal')
  if (signal !== null && signal !== 'SIGKILL')
    refuse('signal', 'must be "SIGKILL" with "cause": "oom": that is what the kernel sends')
  if (entry.text('via') === 'api') refuse('via', 'cannot be "api" with "cause": "oom": the kernel kills, not the daemon')
  if (entry.has('timeout_seconds')) refuse('timeout_seconds', 'has no meaning with "cause": "oom": nobody is asked to stop')
  const timing = entry.text('timing')
  if (timing !== null && timing !== 'random')
    refuse('timing', 'must be "random" with "cause": "oom": the kernel chooses the moment')
}
