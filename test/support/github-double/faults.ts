/** What can go wrong on the way to GitHub and there, on demand. */
import { refusal, invalid, type Reply } from './operations.ts'

export type Fault =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** No answer. */
  | { readonly kind: 'hang' }
  /** Headers and the beginning of a body, then nothing more. */
  | { readonly kind: 'hang-in-body' }
  | { readonly kind: 'reset' }
  /** A page of a proxy in front of GitHub, or of GitHub in trouble. */
  | { readonly kind: 'html'; readonly status: number }

export interface Injection {
  /** An operation id, `graphql`, or `*`. */
  readonly operation: string
  readonly fault: Fault
  /** Left to go. */
  times: number
  /** Requests that pass first. */
  after: number
  readonly applied: boolean
}

function reply(value: Reply): Fault {
  return { kind: 'reply', reply: value }
}

/** The words are GitHub's. */
export const faults = {
  notAccessible: (): Fault => reply(refusal(403, 'Resource not accessible by integration')),
  notFound: (): Fault => reply(refusal(404, 'Not Found')),
  gone: (): Fault => reply(refusal(410, 'Issues are disabled for this repo')),
  unprocessable: (message: string): Fault => reply(invalid('IssueComment', 'data', 'unprocessable', message)),
  tooManyRequests: (afterSeconds: number): Fault =>
    reply(refusal(429, 'Too Many Requests', { 'retry-after': String(afterSeconds) })),
  secondaryLimit: (afterSeconds: number | null): Fault =>
    reply(
      refusal(
        403,
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        afterSeconds === null ? {} : { 'retry-after': String(afterSeconds) },
      ),
    ),
  rateLimit: (resetSeconds: number): Fault =>
    reply(
      refusal(403, 'API rate limit exceeded for installation.', {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.floor(Date.now() / 1_000) + resetSeconds),
      }),
    ),
  serverError: (status: 500 | 502 | 503 = 500): Fault =>
    status === 500 ? reply(refusal(500, 'Server Error')) : { kind: 'html', status },
  hang: (): Fault => ({ kind: 'hang' }),
  hangInBody: (): Fault => ({ kind: 'hang-in-body' }),
  reset: (): Fault => ({ kind: 'reset' }),
  /** Not JSON, though the status says that all is well. */
  page: (): Fault => ({ kind: 'html', status: 200 }),
} as const
