/** The action's inputs: strict, as a misspelt input or value that is ignored is a check that nobody runs. */
import { parseAllow } from '../../untrusted/allow-untrusted.ts'
import { MOST_STACKS } from '../../core/descriptor.ts'
import { ChaosError } from '../../core/errors.ts'
import { LOAD_MODELS } from '../../core/load.ts'
import { PROFILES, SUITES, type RunVerdict } from '../../core/model.ts'
import { MOST_SEGMENTS, parseSegment } from '../../core/segment.ts'
import { parseMoment } from '../../core/time/parse-moment.ts'
import { didYouMean } from '../../core/suggest.ts'
import { LOGS_POLICIES } from '../artifacts/files.ts'
import { ARTIFACT_NAME_RULE, DEFAULT_ARTIFACT_NAME, isArtifactName } from '../artifacts/names.ts'
import { COMMENT_MODES } from '../comment/decision.ts'
import { InputReader, refusal, variableOf, type Env } from './input-values.ts'

const MODES = ['run', 'report', 'merge', 'cleanup', 'nightly-issue', 'nightly-watchdog'] as const
export type Mode = (typeof MODES)[number]

const RED_VERDICTS = ['failed', 'error', 'inconclusive'] as const satisfies readonly RunVerdict[]

const ALL_VERDICTS = ['passed', ...RED_VERDICTS] as const

/** Names and defaults as in action.yml; a test compares the two. */
export const INPUT_DEFAULTS = {
  mode: 'run',
  suites: SUITES.join(','),
  profile: 'quick',
  stack: '',
  scenarios: '',
  only: '',
  seed: '',
  stacks: '',
  strict: 'false',
  'fail-on': RED_VERDICTS.join(','),
  'allow-inconclusive': 'false',
  'allow-untrusted': 'false',
  'no-inject': 'false',
  'no-confirm': 'false',
  defects: '',
  thresholds: '',
  'load-model': '',
  'under-load': '',
  'k6-path': '',
  'load-url': '',
  'load-scripts': '',
  'load-variables': '',
  'load-segment': '',
  'load-start-at': '',
  sources: '',
  out: 'results/latest',
  'timeout-minutes': '90',
  comment: 'always',
  'comment-key': '${{ toJSON(matrix) }}',
  check: 'false',
  logs: 'on-failure',
  'artifact-name': DEFAULT_ARTIFACT_NAME,
  'artifact-retention-days': '',
  token: '${{ github.token }}',
  verdict: '',
  result: '',
  'nightly-workflow': '',
  'nightly-max-age-hours': '36',
} as const

type InputName = keyof typeof INPUT_DEFAULTS

const LARGEST_SEED = 2 ** 31 - 1
const LONGEST_MINUTES = 1_440
const LONGEST_RETENTION_DAYS = 90
const LONGEST_AGE_HOURS = 24 * 30
/** What only means something together with another input. */
const NEEDS: Readonly<Partial<Record<InputName, { readonly input: InputName; readonly value?: string }>>> = {
  'load-scripts': { input: 'load-url' },
  'load-variables': { input: 'load-url' },
  'load-segment': { input: 'load-url' },
  'load-start-at': { input: 'load-segment' },
  sources: { input: 'mode', value: 'merge' },
  verdict: { input: 'mode', value: 'nightly-issue' },
  result: { input: 'mode', value: 'nightly-issue' },
}
/** Of scenarios; harmless as long as they are false, which a calling workflow passes on. */
const OF_SCENARIOS = ['no-inject', 'no-confirm', 'strict'] as const satisfies readonly InputName[]
/** What speaks of a stack, and an address is none. */
const OF_A_STACK = ['stack', 'stacks', 'scenarios', 'defects', 'seed', 'under-load'] as const satisfies readonly InputName[]

export type ActionInputs = Readonly<ReturnType<typeof readInputs>>
export type AddressLoadInputs = NonNullable<ActionInputs['load']>
export type ReportInputs = ActionInputs['report']

/** @throws BAD_INPUT naming the input, what was given and what is allowed. */
export function readInputs(env: Env = process.env) {
  refuseUnknown(env)
  const read = new InputReader<InputName>(env, INPUT_DEFAULTS)
  refuseContradictions(read)
  return {
    mode: read.oneOf('mode', MODES),
    suites: read.listOf('suites', SUITES),
    profile: read.oneOf('profile', PROFILES),
    /** As written; null takes the action's own stack. */
    stack: read.textOrNull('stack'),
    scenarios: read.list('scenarios'),
    only: read.list('only'),
    seed: read.integerOrNull('seed', 1, LARGEST_SEED),
    /** How many of the stack side by side; null leaves it to the run. */
    stacks: read.integerOrNull('stacks', 1, MOST_STACKS),
    strict: read.boolean('strict'),
    /** Verdicts that fail the job. */
    failOn: readFailOn(read),
    noInject: read.boolean('no-inject'),
    noConfirm: read.boolean('no-confirm'),
    defects: read.list('defects'),
    /** One limit a line. */
    thresholds: read.lines('thresholds'),
    loadModel: read.given('load-model') ? read.oneOf('load-model', LOAD_MODELS) : null,
    k6Path: read.textOrNull('k6-path'),
    /** Id of a load pattern that holds while scenarios run. */
    underLoad: read.textOrNull('under-load'),
    /** Load patterns against an address instead of a stack; null: a stack. */
    load: readLoad(read),
    sources: read.list('sources'),
    out: read.text('out'),
    timeoutMinutes: read.integer('timeout-minutes', 1, LONGEST_MINUTES),
    allowUntrusted: parseAllow(read.list('allow-untrusted')),
    report: readReport(read),
    nightly: {
      /** Of the night, as the action said it; null: there was none. */
      verdict: read.given('verdict') ? read.oneOf('verdict', ALL_VERDICTS) : null,
      /** Path of its result.json; null: there is none. */
      result: read.textOrNull('result'),
      /** File name of the nightly's workflow. */
      workflow: read.textOrNull('nightly-workflow'),
      maxAgeHours: read.integer('nightly-max-age-hours', 1, LONGEST_AGE_HOURS),
    },
  }
}

function readFailOn(read: InputReader<InputName>): RunVerdict[] {
  const named = read.text('fail-on') === 'none' ? [] : read.listOf('fail-on', RED_VERDICTS)
  if (!read.boolean('allow-inconclusive')) return named
  if (read.given('fail-on') && named.includes('inconclusive'))
    throw new ChaosError('BAD_INPUT', 'allow-inconclusive is true, and fail-on names inconclusive: leave one of them out')
  return named.filter((verdict) => verdict !== 'inconclusive')
}

function readLoad(read: InputReader<InputName>) {
  const url = read.textOrNull('load-url')
  if (url === null) return null
  return {
    url,
    /** Folders of k6 scripts; empty takes the action's own. */
    scripts: read.list('load-scripts'),
    /** Names of variables of the step's environment. */
    variables: read.list('load-variables'),
    segment: read.parsed('load-segment', parseSegment, `one such as 2/3, of up to ${MOST_SEGMENTS}`),
    startWallMs: read.parsed('load-start-at', parseMoment, 'a time with its zone, such as 2026-11-24T03:00:00Z'),
  }
}

function readReport(read: InputReader<InputName>) {
  const artifactName = read.text('artifact-name')
  if (!isArtifactName(artifactName)) throw refusal('artifact-name', artifactName, ARTIFACT_NAME_RULE)
  return {
    token: read.given('token') ? read.text('token') : '',
    comment: read.oneOf('comment', COMMENT_MODES),
    /** What tells this job's comment from those of the other jobs of its matrix; '' without one. */
    commentKey: readKey(read),
    check: read.boolean('check'),
    logs: read.oneOf('logs', LOGS_POLICIES),
    artifactName,
    /** null: as the repository has it. */
    artifactRetentionDays: read.integerOrNull('artifact-retention-days', 1, LONGEST_RETENTION_DAYS),
  }
}

/** `null` is what a job without a matrix has; where nobody fills the default in there is none either. */
function readKey(read: InputReader<InputName>): string {
  const key = read.given('comment-key') ? read.text('comment-key') : ''
  return key === 'null' ? '' : key
}

function refuseContradictions(read: InputReader<InputName>): void {
  for (const [name, { input, value }] of Object.entries(NEEDS) as [InputName, { input: InputName; value?: string }][]) {
    if (!read.given(name)) continue
    const met = value === undefined ? read.given(input) : read.text(input) === value
    if (!met) throw new ChaosError('BAD_INPUT', `the input ${name} needs ${input}${value === undefined ? '' : `: ${value}`}`)
  }
  if (read.text('mode') === 'merge' && !read.given('sources'))
    throw new ChaosError('BAD_INPUT', 'mode merge needs sources: the folders of results of all segments')
  if (!read.given('load-url')) return
  // Ignored, a rehearsal would send a load, and could pass.
  const isOther = read.given('suites') && read.text('suites') !== 'load'
  const ofStack = [
    ...OF_A_STACK.filter((name) => read.given(name)),
    ...OF_SCENARIOS.filter((name) => read.boolean(name)),
    ...(isOther ? ['suites'] : []),
  ][0]
  if (ofStack !== undefined)
    throw new ChaosError(
      'BAD_INPUT',
      `load-url is the address of a running system, and ${ofStack} speaks of a stack: leave one out`,
    )
}

/** The runner passes every key of `with:` on, declared or not, and only warns about those that are not. */
function refuseUnknown(env: Env): void {
  const names = Object.keys(INPUT_DEFAULTS)
  const known = new Set(names.map(variableOf))
  const unknown = Object.keys(env).filter((key) => key.startsWith('INPUT_') && !known.has(key))
  const [first] = unknown
  if (first === undefined) return
  const shown = unknown.map((key) => `"${key.slice('INPUT_'.length).toLowerCase()}"`).join(', ')
  const meant = didYouMean(first.slice('INPUT_'.length).toLowerCase(), names) || '.'
  throw new ChaosError('BAD_INPUT', `there is no input ${shown}${meant} Inputs are ${names.join(', ')}`)
}
