/** Failures of GitHub's API in words: what could not be done, why, and what to change in the workflow. */
import { describeError, isChaosError, systemErrorCode } from '../../core/errors.ts'
import { consoleText } from '../../report/escape.ts'

export type Permission = 'pull-requests: write' | 'checks: write' | 'issues: write' | 'actions: read'

const MOST_CHARACTERS = 1_500
const NETWORK_CODES = /^(?:E[A-Z]+|UND_ERR_\w+)$/

/**
 * One warning, of one line, for one thing that could not be done. `what` completes "could not …": `write the comment on
 * pull request 7`. GitHub's own text is escaped.
 */
export function explainApiFailure(what: string, permission: Permission, error: unknown): string {
  return consoleText(`could not ${what}: ${reason(permission, error)}`, MOST_CHARACTERS)
}

interface Failure {
  readonly status: number | null
  readonly message: string
  readonly headers: Readonly<Record<string, unknown>>
}

function reason(permission: Permission, error: unknown): string {
  const { status, message, headers } = failureOf(error)
  const said = message === '' ? '' : ` (${consoleText(message, 300)})`
  if (status === null) return withoutAnswer(error)
  if (/\bsecondary rate\b/i.test(message) || status === 429)
    return `GitHub is limiting how fast requests may come, and still was after waiting${said}`
  if (headers['x-ratelimit-remaining'] === '0') return `the token's requests for this hour are used up${said}`
  if (status === 401) return `GitHub does not accept the token${said}; the input token must be a valid one`
  if (status === 403) return `the token may not do this${said}. ${grant(permission)}`
  if (status === 404) return `GitHub answered 404${said}: it was deleted, or the token may not see it. ${grant(permission)}`
  if (status === 410) return `GitHub answered 410${said}: the feature is switched off in this repository`
  if (status === 422) return `GitHub refused the request as invalid${said}`
  if (status >= 500) return `GitHub answered ${status} each time${said}`
  return `GitHub answered ${status}${said}`
}

/** Every job-level block starts from nothing, so that adding one line may take another right away. */
function grant(permission: Permission): string {
  return (
    `Add \`${permission}\` to the \`permissions:\` of the job, beside all others that it needs, as what is not named there is not granted. ` +
    'In a pull request of a fork or of Dependabot no such line helps: report from a workflow_run workflow there.'
  )
}

function withoutAnswer(error: unknown): string {
  const codes = causes(error)
  if (codes.some((one) => isChaosError(one, 'ABORTED'))) return 'it was cancelled'
  if (codes.some((one) => isChaosError(one, 'TIMEOUT') || (one instanceof Error && one.name === 'TimeoutError')))
    return 'GitHub did not answer in time'
  const code = codes.map(systemErrorCode).find((one) => NETWORK_CODES.test(one ?? ''))
  return code === undefined ? describeError(error, 500) : `GitHub could not be reached (${code})`
}

/** octokit gives 500 also to what never had an answer, so the answer itself decides. */
function failureOf(error: unknown): Failure {
  for (const one of causes(error)) {
    if (!(one instanceof Error) || !('status' in one) || typeof one.status !== 'number') continue
    const response = 'response' in one ? one.response : undefined
    if (typeof response !== 'object' || response === null) continue
    const headers = 'headers' in response && typeof response.headers === 'object' ? response.headers : null
    return { status: one.status, message: one.message, headers: { ...headers } }
  }
  return { status: null, message: '', headers: {} }
}

function causes(error: unknown): unknown[] {
  const found: unknown[] = []
  for (let one = error; one !== undefined && one !== null && found.length < 6;) {
    found.push(one)
    one = one instanceof Error ? one.cause : undefined
  }
  return found
}
