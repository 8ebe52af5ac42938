/** The way to GitHub's REST API: octokit with its own plugins for retries and rate limits, and nothing without a limit. */
import type { getOctokit } from '@actions/github'
import { retry } from '@octokit/plugin-retry'
import { throttling, type ThrottlingOptions } from '@octokit/plugin-throttling'
import { systemClock } from '../../core/time/clock.ts'
import { abortedError, ChaosError } from '../../core/errors.ts'
import type { Logger } from '../../ports/reporter.ts'

export type Github = ReturnType<typeof getOctokit>
type Plugin = NonNullable<Parameters<typeof getOctokit>[2]>
type Fetch = typeof fetch

export interface GithubLimits {
  /** How often one request is sent again at most, whatever the reasons. */
  readonly retries: number
  /** One attempt with its whole answer, ms. */
  readonly attemptMs: number
  /** A pause that GitHub asks for is waited for when it is no longer than this, ms. */
  readonly longestPauseMs: number
  readonly answerBytes: number
  /** What one second of the plugins' pauses lasts, ms. Tests take less. */
  readonly secondMs: number
  /** GitHub wants a second between two writes, three where people are notified. Tests do without. */
  readonly paced: boolean
}

export const GITHUB_LIMITS: GithubLimits = {
  retries: 3,
  attemptMs: 15_000,
  longestPauseMs: 60_000,
  answerBytes: 32 * 1024 * 1024,
  secondMs: 1_000,
  paced: true,
}

export interface GithubOptions {
  readonly token: string
  /** `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server. */
  readonly apiUrl: string
  /** Ends every request and every retry of this client. */
  readonly signal: AbortSignal
  readonly log: Logger
  readonly limits?: Partial<GithubLimits>
}

/** Requests that octokit's plugin must not repeat: they would be refused again. 429 is the throttling plugin's. */
const REFUSALS = [400, 401, 403, 404, 410, 422, 429, 451]
const BODILESS = [204, 205, 304]

/** A client for one token. Each request is sent at most `1 + retries` times. */
export async function createGithub(options: GithubOptions): Promise<Github> {
  const limits = { ...GITHUB_LIMITS, ...options.limits }
  // Loaded late: the module reads and parses the event's file at once, and must not break a run that reports nothing.
  const [github, { defaults }] = await Promise.all([import('@actions/github'), import('@actions/github/lib/utils')])
  const attempts = countedAttempts(limits.retries)
  return github.getOctokit(
    options.token,
    {
      baseUrl: options.apiUrl.replace(/\/+$/, ''),
      log: octokitLog(options.log),
      request: { fetch: boundedFetch(defaults.request?.fetch as Fetch, limits, options.signal), log: octokitLog(options.log) },
      retry: { retries: limits.retries, retryAfterBaseValue: limits.secondMs, doNotRetry: REFUSALS },
      throttle: throttleOptions(options, limits, attempts),
    },
    // The first plugin is the innermost: it sees every attempt of the others.
    countAttempts(attempts, options.signal),
    retry,
    throttling,
  )
}

/** How often each request was sent: two plugins repeat requests, and neither knows of the other. */
function countedAttempts(retries: number) {
  const sent = new WeakMap<object, number>()
  return {
    add(request: object): void {
      sent.set(request, (sent.get(request) ?? 0) + 1)
    },
    mayRepeat: (request: object): boolean => (sent.get(request) ?? 0) <= retries,
  }
}
type Attempts = ReturnType<typeof countedAttempts>

function countAttempts(attempts: Attempts, signal: AbortSignal): Plugin {
  return (octokit) => {
    octokit.hook.wrap('request', async (request, options) => {
      attempts.add(options)
      try {
        return await request(options)
      } catch (error) {
        if (signal.aborted) throw abortedError(signal, `${options.method} ${options.url}`)
        throw prepareForPlugins(error, attempts.mayRepeat(options))
      }
    })
  }
}

interface RequestFailure extends Error {
  readonly status: number
  request?: { request?: unknown }
  readonly response?: { readonly headers: Readonly<Record<string, string | number | undefined>> }
}

/** What the plugins look at in an error, so that they do what GitHub's documentation asks for. */
function prepareForPlugins(error: unknown, mayRepeat: boolean): unknown {
  if (!isRequestFailure(error)) return error
  // The retry plugin leaves an error alone whose request has no options.
  if (!mayRepeat && error.request !== undefined) error.request = { ...error.request, request: undefined }
  // Without the documented words the throttling plugin would not take it for a limit, and nobody would heed retry-after.
  const primary = error.response?.headers['x-ratelimit-remaining'] === '0'
  if (error.status === 429 && !primary && !/\bsecondary rate\b/i.test(error.message))
    error.message = `${error.message} (taken for a secondary rate limit)`
  return error
}

function isRequestFailure(error: unknown): error is RequestFailure {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
}

type LimitHandler = (afterSeconds: number, request: { readonly method: string; readonly url: string }) => unknown

function throttleOptions(options: GithubOptions, limits: GithubLimits, attempts: Attempts): ThrottlingOptions {
  // The plugin awaits what its handlers give, though its types do not say so.
  const decide =
    (kind: string): LimitHandler =>
    async (afterSeconds, request) => {
      const wait = attempts.mayRepeat(request) && afterSeconds * 1_000 <= limits.longestPauseMs
      const what = `GitHub's ${kind} was reached by ${request.method} ${request.url}: the next attempt may come in ${afterSeconds} s`
      options.log.log('info', wait ? what : `${what}; not waited for`)
      return wait && (await pause(afterSeconds * limits.secondMs, options.signal))
    }
  return {
    // The pause is ours: the plugin's own would go on after an abort, and keep the process alive.
    retryAfterBaseValue: 0,
    onRateLimit: decide('rate limit'),
    onSecondaryRateLimit: decide('secondary rate limit'),
    ...(limits.paced ? {} : { write: UNPACED as never, notifications: UNPACED as never }),
  }
}

/** False when it was aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return systemClock.sleep(ms, signal).then(
    () => true,
    () => false,
  )
}

/** In the place of the plugin's queues. */
const UNPACED = { key: () => ({ schedule: (_options: unknown, task: () => unknown) => task() }) }

/**
 * The whole answer is read under the attempt's own deadline. Left to octokit, a body that breaks off would be an empty
 * one, and a list of comments that is empty by mistake ends in a second comment.
 */
function boundedFetch(send: Fetch, limits: GithubLimits, signal: AbortSignal): Fetch {
  return async (input, init) => {
    const response = await send(input, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(limits.attemptMs)]) })
    const body = await readBody(response, limits.answerBytes)
    const { status, statusText, headers } = response
    return new Response(BODILESS.includes(status) ? null : body, { status, statusText, headers: [...headers] })
  }
}

async function readBody(response: Response, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  const stream: AsyncIterable<Uint8Array> | readonly Uint8Array[] = response.body ?? []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.byteLength
    if (bytes > mostBytes) throw new ChaosError('INTERNAL', `GitHub's answer has over ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function octokitLog(log: Logger): Record<'debug' | 'info' | 'warn' | 'error', (message: string) => void> {
  const at = (level: 'debug' | 'info') => (message: string) => {
    log.log(level, message)
  }
  // What octokit warns of is for those who maintain this action; failures are told by who asked for the request.
  return { debug: at('debug'), info: at('debug'), warn: at('info'), error: at('info') }
}
