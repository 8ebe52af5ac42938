/** Clients for the double of GitHub, for the tests of whatever talks to it. */
import type { GithubDouble } from '../../test/support/github-double/github-double.ts'
import type { Logger } from '../ports/reporter.ts'
import { createGithub, type Github, type GithubLimits } from './client/octokit.ts'

export const PLACE = { owner: 'octo', repo: 'shop' } as const

export interface ClientOptions {
  readonly token?: string
  readonly apiUrl?: string
  readonly signal?: AbortSignal
  readonly limits?: Partial<GithubLimits>
  readonly log?: Logger
}

/** A second of waiting lasts 1 ms; an attempt has far more time than any machine needs. */
export async function clientFor(double: GithubDouble, options: ClientOptions = {}): Promise<Github> {
  return createGithub({
    token: options.token ?? 'token',
    apiUrl: options.apiUrl ?? double.url,
    signal: options.signal ?? new AbortController().signal,
    log: options.log ?? { log: () => undefined },
    limits: { secondMs: 1, paced: false, attemptMs: 10_000, ...options.limits },
  })
}
