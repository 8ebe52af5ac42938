/**
 * Deliberate defects. Each changes one promised behaviour where that behaviour is decided: the policies of the three
 * services are computed from this set at the start, and nothing else asks for it.
 */
import { BadSettingError, readText, type Env } from './env.ts'

export const DEFECTS = [
  'no-backoff',
  'hangs-without-upstream',
  'tight-upstream-timeout',
  'single-short-attempt',
  'no-retry-on-reset',
  'few-at-once-after-a-failure',
  'mixes-up-late-answers',
  'keeps-what-it-refused',
  'waits-behind-large-answers',
  'repeats-under-another-id',
  'total-body-deadline',
  'truncates-slow-bodies',
  'queen-drops-when-busy',
  'queen-dies-without-descriptors',
  'shortens-when-late',
  'does-what-it-refuses',
  'refuses-after-a-shortage',
  'hoards-descriptors',
  'hoards-memory',
  'late-when-crowded',
  'fails-when-crowded',
  'hides-failures-when-crowded',
  'leaks-when-crowded',
  'no-failover',
  'no-registration-timeout',
  'gives-work-before-ready',
  'keeps-dead-workers',
  'slow-with-who-came-back',
  'never-force-kills',
  'accepts-without-storing',
  'fails-when-full',
  'forgets-at-start',
  'hive-drops-when-busy',
  'hive-dies-without-descriptors',
  'ignores-vram',
  'keeps-memory-of-the-refused',
] as const
export type Defect = (typeof DEFECTS)[number]

/** @throws BadSettingError for a name that is not known: a misspelt defect would be judged as none. */
export function readDefects(env: Env): ReadonlySet<Defect> {
  const names = readText(env, 'RBEE_DEFECTS', ',')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return new Set(names.map(toDefect))
}

function toDefect(name: string): Defect {
  const known = DEFECTS.find((defect) => defect === name)
  if (known === undefined) throw new BadSettingError('RBEE_DEFECTS', `names "${name}"; known are ${DEFECTS.join(', ')}`)
  return known
}
