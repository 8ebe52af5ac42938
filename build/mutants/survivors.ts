/** Mutants that no test notices, against the list of those that a person has looked at. Pure. */

export interface Mutant {
  readonly file: string
  readonly line: number
  /** The line of the source that it changes, without its indentation. */
  readonly code: string
  readonly was: string
  readonly becomes: string
  readonly mutator: string
  readonly noticed: boolean
}

/** Why a mutant may survive. `code`, `was` and `becomes` name it, so that lines may move. */
export interface Excuse {
  readonly file: string
  readonly code: string
  readonly was: string
  readonly becomes: string
  readonly reason: string
}

export interface FolderScore {
  readonly folder: string
  readonly noticed: number
  readonly all: number
}

type Place = Pick<Excuse, 'file' | 'code' | 'was' | 'becomes'>

function keyOf({ file, code, was, becomes }: Place): string {
  return JSON.stringify([file, code, was, becomes])
}

/** Survivors that nobody has explained, and explanations that explain none of the files that were tried. */
export function compareSurvivors(
  mutants: readonly Mutant[],
  excuses: readonly Excuse[],
): { readonly unexplained: readonly Mutant[]; readonly stale: readonly Excuse[] } {
  const survivors = mutants.filter(({ noticed }) => !noticed)
  const explained = new Set(excuses.map(keyOf))
  const alive = new Set(survivors.map(keyOf))
  const tried = new Set(mutants.map(({ file }) => file))
  return {
    unexplained: survivors.filter((mutant) => !explained.has(keyOf(mutant))),
    stale: excuses.filter((excuse) => tried.has(excuse.file) && !alive.has(keyOf(excuse))),
  }
}

/** By the folder under `src`, in the order of their names. */
export function scoreByFolder(mutants: readonly Mutant[]): FolderScore[] {
  const folders = new Map<string, { noticed: number; all: number }>()
  for (const { file, noticed } of mutants) {
    const folder = file.split('/').slice(0, 2).join('/')
    const score = folders.get(folder) ?? { noticed: 0, all: 0 }
    folders.set(folder, { noticed: score.noticed + (noticed ? 1 : 0), all: score.all + 1 })
  }
  return [...folders].sort(([a], [b]) => a.localeCompare(b)).map(([folder, score]) => ({ folder, ...score }))
}

/** Rounded down: 89.96 % is not 90 %. */
export function percentOf({ noticed, all }: Pick<FolderScore, 'noticed' | 'all'>): number {
  return all === 0 ? 0 : Math.floor((1_000 * noticed) / all) / 10
}

/** For docs/mutants.md: the score of each folder, and each survivor with its reason. */
/** `unexplained`: how many survive without a reason. */
export function renderMutants(
  scores: readonly FolderScore[],
  excuses: readonly Excuse[],
  unexplained: number,
  date: string,
): string {
  const total = scores.reduce((sum, { noticed, all }) => ({ noticed: sum.noticed + noticed, all: sum.all + all }), {
    noticed: 0,
    all: 0,
  })
  const row = (name: string, score: Pick<FolderScore, 'noticed' | 'all'>): string =>
    `| ${name} | ${score.all} | ${score.noticed} | ${percentOf(score).toFixed(1)} % |`
  const byReason = new Map<string, Excuse[]>()
  for (const excuse of excuses) byReason.set(excuse.reason, [...(byReason.get(excuse.reason) ?? []), excuse])
  const survivors = [...byReason].flatMap(([reason, all]) => [
    '',
    `**${reason}**`,
    '',
    ...all.map(({ file, code, was, becomes }) => `- ${file}: ${inline(was)} → ${inline(becomes)} in ${inline(code)}`),
  ])
  return [
    '# Mutants',
    '',
    'The code that decides verdicts and undoes faults is changed in one place at a time, and the unit tests are run: a change',
    'that no test notices is a mistake that nobody would. `npm run mutants` does it and makes this page.',
    '',
    `Last tried: ${date}`,
    '',
    '| folder | mutants | noticed | score |',
    '| --- | --- | --- | --- |',
    ...scores.map((score) => row(`\`${score.folder}\``, score)),
    row('all', total),
    '',
    ...(unexplained === 0
      ? []
      : [`**${unexplained} more survive, and nobody has said why**: a test is missing, or a reason.`, '']),
    '## Those that nobody notices, and why',
    ...survivors,
    '',
  ].join('\n')
}

const SHOWN = 160

function inline(code: string): string {
  const line = code.replaceAll(/\s+/g, ' ')
  const text = line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line
  const fence = text.includes('`') ? '``' : '`'
  return text === '' ? '(nothing)' : `${fence}${fence.length > 1 ? ' ' : ''}${text}${fence.length > 1 ? ' ' : ''}${fence}`
}
