/** What `script/test` runs, and what of it side by side. Pure. */

export interface Stage {
  readonly name: string
  /** The program and its arguments, from the root of the repository. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Longer than that and it hangs. */
  readonly limitMs: number
  /** vitest's report of it, by which its tests are counted; null for a stage without tests. */
  readonly report: string | null
  /** It waits for its own processes by the clock: at idle priority it would find them late. */
  readonly keepsPace?: boolean
  /** It judges the default stack again and again: no more than two such run side by side, or they find each other. */
  readonly isHeavy?: boolean
}

/** Rounds run one after the other. */
interface Round {
  /** Handed out in this order to whichever lane is free, but for what has to wait for another one: the longest come first. */
  readonly stages: readonly Stage[]
  /** How many lanes there are side by side. */
  readonly width: number
  /** Lanes of their own, begun with the round, at idle priority but for what keeps pace; they may go on beside later rounds that are not quiet. */
  readonly beside?: readonly (readonly Stage[])[]
  /** It begins when what is beside has ended. */
  readonly isQuiet?: boolean
}

export interface Plan {
  readonly rounds: readonly Round[]
}

const MINUTE_MS = 60_000
const REPORTS = 'results/tests'

function npm(script: string, minutes: number): Stage {
  return { name: script, argv: ['npm', 'run', '--silent', script], env: {}, limitMs: minutes * MINUTE_MS, report: null }
}

/** Test files of one kind in a process of their own; `files` are names without `.test.ts`. */
function tests(name: string, kind: 'integration' | 'e2e' | 'act', files: readonly string[], minutes: number): Stage {
  return vitest(name, [`vitest.${kind}.config.ts`, ...files.map((file) => `test/${kind}/${file}.test.ts`)], minutes)
}

/** The files of a stage made by `tests`, as paths from the root of the repository. */
export function testFilesOf({ argv }: Stage): readonly string[] {
  return argv.filter((part) => part.startsWith('test/'))
}

/** `argv`: the configuration, and then what is run of it. */
function vitest(name: string, argv: readonly string[], minutes: number): Stage {
  const report = `${REPORTS}/${name.replaceAll(' ', '-')}.json`
  return {
    name,
    argv: ['node', 'node_modules/vitest/vitest.mjs', 'run', '--config', ...argv],
    env: { TESTS_REPORT: report },
    limitMs: minutes * MINUTE_MS,
    report,
  }
}

const SERVICES = 'stack/services'

/** Need no Docker, and no quiet: they take what the others leave. */
const QUICK_CHECKS: readonly Stage[] = [
  npm('types', 30),
  npm('lint', 30),
  npm('format:check', 30),
  npm('generate:check', 30),
  { ...npm('workflows', 30), argv: ['script/lint-workflows'] },
]

const UNIT_TESTS = vitest('unit tests', ['vitest.config.ts', '--exclude', `${SERVICES}/**`], 30)
const DIST_CHECK = npm('dist:check', 30)

/** Processes that answer thousands of requests, and wait most of the time: what guards against a hang is no limit on the machine's speed. */
const SERVICE_TESTS: Stage = {
  ...vitest('services', ['vitest.config.ts', '--testTimeout', '90000', SERVICES], 10),
  keepsPace: true,
}

/** Most of these wait for Docker most of the time. The longest come first, so that the lanes end together. */
const WITH_DOCKER: readonly Stage[] = [
  { ...tests('act', 'act', ['fork', 'nightly', 'pull-request', 'second-repository', 'segments'], 20), isHeavy: true },
  { ...tests('e2e', 'e2e', ['cli', 'action', 'reporting', 'load'], 20), isHeavy: true },
  // Of those that judge the default stack this one comes third: the four of them take as long in two lanes as they can at least.
  { ...tests('rehearsal', 'e2e', ['rehearsal', 'control'], 10), isHeavy: true },
  { ...tests('interruption', 'e2e', ['interruption'], 20), isHeavy: true },
  tests('integration 1', 'integration', ['faults-crash', 'faults'], 20),
  tests('integration 2', 'integration', ['faults-resources', 'faults-vram'], 20),
  tests(
    'integration 3',
    'integration',
    ['stack-life', 'stack-actions', 'stack-pool', 'stack-daemon', 'default-stack', 'clauses'],
    15,
  ),
  tests('company', 'e2e', ['company'], 10),
  tests('integration 4', 'integration', ['load', 'load-scripts'], 15),
]

/** They need Docker, little of the CPUs, and no quiet. */
const GENTLE: readonly Stage[] = [
  tests('toolbox 1', 'integration', ['toolbox-network', 'toolbox-gpu', 'toxiproxy', 'lease'], 30),
  tests('toolbox 2', 'integration', ['toolbox', 'toolbox-process', 'toolbox-resources'], 30),
  tests('toolbox 3', 'integration', ['k6', 'untrusted-stack', 'host-guard', 'toolbox-undo'], 30),
]

/** Two of its four runs at a time. */
const CROWD = tests('crowd', 'e2e', ['crowd'], 40)

/** They look at what is left on the whole machine, or take away what nobody uses. */
const SERIAL = tests('serial', 'integration', ['sweep', 'stack-images', 'published-image'], 10)

/** The other files of test/integration: a kind that is added brings its tests without a word here. */
function others(integrationFiles: readonly string[]): Stage[] {
  const named = new Set([...WITH_DOCKER, ...GENTLE, SERIAL].flatMap(testFilesOf))
  const names = integrationFiles
    .filter((file) => !named.has(`test/integration/${file}`))
    .map((file) => file.slice(0, -'.test.ts'.length))
  return names.length === 0 ? [] : [tests('integration others', 'integration', names.toSorted(), 20)]
}

/**
 * What judges the default stack has little beside it, and what loads it has no more than other loads.
 * @param integrationFiles - The names of all `*.test.ts` files in test/integration.
 */
export function planOf(integrationFiles: readonly string[]): Plan {
  return {
    rounds: [
      { stages: [...others(integrationFiles), ...WITH_DOCKER], width: 5 },
      { stages: [SERIAL], width: 1 },
      // Here the CPUs have time to spare for more than the first round bears.
      {
        stages: [tests('verdicts', 'e2e', ['verdicts', 'defects', 'interruption-everywhere'], 60)],
        width: 1,
        beside: [[UNIT_TESTS, ...QUICK_CHECKS, DIST_CHECK, ...GENTLE], [SERVICE_TESTS]],
      },
      // Three loads at a time leave 3 to 50 % of two CPUs idle, one alone 60 to 80 %: they wait for their users.
      { stages: [tests('load', 'e2e', ['load-suite'], 40), CROWD], width: 2, isQuiet: true },
    ],
  }
}

export function stagesOf({ rounds }: Plan): readonly Stage[] {
  return rounds.flatMap(({ stages, beside = [] }) => [...stages, ...beside.flat()])
}

/** Only the stages of those names, in their places; all without a name. @throws for a name that no stage has. */
export function withOnly(plan: Plan, names: readonly string[]): Plan {
  if (names.length === 0) return plan
  const known = stagesOf(plan).map(({ name }) => name)
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`there is no stage ${unknown.join(', ')}; there are: ${known.join(', ')}`)
  const chosen = (stages: readonly Stage[]): Stage[] => stages.filter(({ name }) => names.includes(name))
  return {
    rounds: plan.rounds
      .map((round) => ({ ...round, stages: chosen(round.stages), beside: (round.beside ?? []).map(chosen) }))
      .filter(({ stages, beside }) => stages.length + beside.flat().length > 0),
  }
}
