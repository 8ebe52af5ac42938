/** Words that results, scenario files, inputs and the engine share. They are a contract with users: they stay; more may come. */

export const VERDICTS = ['passed', 'failed', 'error', 'inconclusive', 'skipped'] as const
export type Verdict = (typeof VERDICTS)[number]
/** A run or a suite cannot be skipped: one with nothing but skipped scenarios is an error. */
export type RunVerdict = Exclude<Verdict, 'skipped'>

export const SUITES = ['chaos', 'stress', 'load'] as const
export type SuiteName = (typeof SUITES)[number]

export const PROFILES = ['smoke', 'quick', 'full'] as const
export type ProfileName = (typeof PROFILES)[number]
