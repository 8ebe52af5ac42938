/** GitHub's answers, checked before anything is decided by them. */
import { z } from 'zod'
import { ChaosError } from '../../core/errors.ts'
import type { Github } from './octokit.ts'

const PER_PAGE = 100
const MOST_PAGES = 300

interface Answer {
  readonly data: unknown
  readonly headers: { readonly link?: string | undefined }
}

/** @throws INTERNAL naming what was read and where it is not as GitHub documents it. */
export function parseAnswer<T>(what: string, schema: z.ZodType<T>, data: unknown): T {
  const parsed = schema.safeParse(data)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ChaosError(
    'INTERNAL',
    `GitHub's answer (${what}) was not understood: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  )
}

/**
 * Every entry of a list, page by page. `read` gets `per_page` and `page`; `entries` takes the list out of an answer.
 * @throws INTERNAL when it does not end: half a list must not be taken for a whole one.
 */
export async function readAll<T>(
  what: string,
  schema: z.ZodType<T[]>,
  read: (page: { readonly per_page: number; readonly page: number }) => Promise<Answer>,
): Promise<T[]> {
  const entries: T[] = []
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const answer = await read({ per_page: PER_PAGE, page })
    entries.push(...parseAnswer(what, schema, answer.data))
    if (!/;\s*rel="next"/.test(answer.headers.link ?? '')) return entries
  }
  throw new ChaosError('INTERNAL', `GitHub's list (${what}) has over ${PER_PAGE * MOST_PAGES} entries`)
}

const VIEWER = z.object({ viewer: z.object({ login: z.string().min(1) }) })

/** Who the token is: `github-actions[bot]`, as a rule. GITHUB_TOKEN may not ask for /user. */
export async function viewerLogin(github: Github): Promise<string> {
  return parseAnswer('viewer', VIEWER, await github.graphql('query { viewer { login } }')).viewer.login
}

export const AUTHOR = z.object({ login: z.string(), type: z.string().optional() }).nullable()

/** GraphQL names a bot with or without its `[bot]`, which only a bot can have. */
export function isAuthor(author: z.infer<typeof AUTHOR>, viewer: string): boolean {
  if (author === null) return false
  if (author.login === viewer) return true
  return author.type === 'Bot' && bare(author.login) === bare(viewer)
}

function bare(login: string): string {
  return login.replace(/\[bot\]$/, '')
}

/** False when GitHub answers with one of the statuses, which is then no failure. */
export async function unlessStatus(statuses: readonly number[], request: Promise<unknown>): Promise<boolean> {
  try {
    await request
    return true
  } catch (error) {
    if (error instanceof Error && 'status' in error && statuses.some((one) => one === error.status)) return false
    throw error
  }
}
