/** The action's inputs: strict, as a misspelt input or value that is ignored is a check that nobody runs. */
import { ChaosError } from '../core/errors.ts'
import { LOAD_MODELS, type LoadPattern } from '../core/load.ts'
import { PROFILES, SUITES, type ProfileName, type SuiteName } from '../core/model.ts'

export interface ActionInputs {
  readonly suites: readonly SuiteName[]
  readonly profile: ProfileName
  /** As written; null takes the action's own stack. */
  readonly stack: string | null
  readonly scenarios: readonly string[]
  readonly only: readonly string[]
  readonly seed: number | null
  readonly strict: boolean
  readonly allowInconclusive: boolean
  readonly noInject: boolean
  readonly defects: readonly string[]
  /** One limit a line. */
  readonly thresholds: readonly string[]
  readonly loadModel: LoadPattern['model'] | null
  readonly k6Path: string | null
  readonly out: string
  readonly timeoutMinutes: number
}

/** Names and defaults as in action.yml; a test compares the two. */
export const INPUT_DEFAULTS = {
  suites: SUITES.join(','),
  profile: 'quick',
  stack: '',
  scenarios: '',
  only: '',
  seed: '',
  strict: 'false',
  'allow-inconclusive': 'false',
  'no-inject': 'false',
  defects: '',
  thresholds: '',
  'load-model': '',
  'k6-path': '',
  out: 'results/latest',
  'timeout-minutes': '90',
} as const

type InputName = keyof typeof INPUT_DEFAULTS
type Env = Readonly<Record<string, string | undefined>>

const LARGEST_SEED = 2 ** 31 - 1
const LONGEST_MINUTES = 1_440

/** @throws BAD_INPUT naming the input, what was given and what is allowed. */
export function readInputs(env: Env = process.env): ActionInputs {
  refuseUnknown(env)
  const text = (name: InputName): string => inputText(env, name)
  const list = (name: InputName): string[] => parseList(name, text(name))
  const boolean = (name: InputName): boolean => parseBoolean(name, text(name))
  const stack = text('stack')
  const seed = text('seed')
  const loadModel = text('load-model')
  const k6Path = text('k6-path')
  return {
    suites: list('suites').map((suite) => oneOf('suites', suite, SUITES)),
    profile: oneOf('profile', text('profile'), PROFILES),
    stack: stack === '' ? null : stack,
    scenarios: list('scenarios'),
    only: list('only'),
    seed: seed === '' ? null : integer('seed', seed, 1, LARGEST_SEED),
    strict: boolean('strict'),
    allowInconclusive: boolean('allow-inconclusive'),
    noInject: boolean('no-inject'),
    defects: list('defects'),
    thresholds: lines(text('thresholds')),
    loadModel: loadModel === '' ? null : oneOf('load-model', loadModel, LOAD_MODELS),
    k6Path: k6Path === '' ? null : k6Path,
    out: text('out'),
    timeoutMinutes: integer('timeout-minutes', text('timeout-minutes'), 1, LONGEST_MINUTES),
  }
}

/** The runner passes every key of `with:` on, declared or not, and only warns about those that are not. */
function refuseUnknown(env: Env): void {
  const names = Object.keys(INPUT_DEFAULTS)
  const known = new Set(names.map(variableOf))
  const unknown = Object.keys(env).filter((key) => key.startsWith('INPUT_') && !known.has(key))
  if (unknown.length === 0) return
  const shown = unknown.map((key) => `"${key.slice('INPUT_'.length).toLowerCase()}"`).join(', ')
  throw new ChaosError('BAD_INPUT', `there is no input ${shown}; inputs are ${names.join(', ')}`)
}

function variableOf(name: string): string {
  return `INPUT_${name.toUpperCase()}`
}

/** An input that is left empty has its default: a workflow passes `''` on for what its own caller left out. */
function inputText(env: Env, name: InputName): string {
  const value = (env[variableOf(name)] ?? '').trim()
  return value === '' ? INPUT_DEFAULTS[name] : value
}

/** A limit may hold commas. */
function lines(value: string): string[] {
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Entries are separated by commas or newlines. */
function parseList(name: InputName, value: string): string[] {
  if (value === '') return []
  const parts = value
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => line.replace(/,\s*$/, '').split(','))
    .map((part) => part.trim())
  if (parts.includes('')) throw refusal(name, value, 'names separated by commas or newlines, none of them empty')
  return parts
}

function oneOf<T extends string>(name: InputName, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw refusal(name, value, allowed.join(', '))
  return found
}

function parseBoolean(name: InputName, value: string): boolean {
  // The YAML 1.2 core schema, as the runner's own toolkit reads it.
  if (/^(true|True|TRUE)$/.test(value)) return true
  if (/^(false|False|FALSE)$/.test(value)) return false
  throw refusal(name, value, 'true, false')
}

function integer(name: InputName, value: string, minimum: number, maximum: number): number {
  const parsed = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
  if (!(parsed >= minimum && parsed <= maximum))
    throw refusal(name, value, `a whole number from ${String(minimum)} to ${String(maximum)}`)
  return parsed
}

function refusal(name: InputName, value: string, allowed: string): ChaosError {
  return new ChaosError('BAD_INPUT', `the input ${name} is "${value.slice(0, 200)}"; allowed: ${allowed}`)
}
