/** One comment on a pull request for each key, edited and not repeated. */
import { z } from 'zod'
import { AUTHOR, isAuthor, parseAnswer, readAll, unlessStatus, viewerLogin } from '../client/answers.ts'
import { decideComment, ownComment, type CommentWish, type OwnComment } from './decision.ts'
import { parseMarker, type CommentMarker } from './marker.ts'
import type { Github } from '../client/octokit.ts'
import { settle, type Look } from '../client/settle.ts'

export interface CommentPlace {
  readonly owner: string
  readonly repo: string
  readonly number: number
}

export interface CommentOutcome {
  readonly action: 'created' | 'edited' | 'kept'
  /** null: there is no comment of ours. */
  readonly url: string | null
  /** Why it was kept; empty otherwise. */
  readonly why: string
}

const COMMENT = z.object({ id: z.int().positive(), body: z.string().nullish(), html_url: z.string(), user: AUTHOR.optional() })
type Comment = z.infer<typeof COMMENT>
const GONE = [404, 410]

/**
 * Brings the comment of the wish's key to what it asks for. Only comments of the token's own author are looked at. GitHub
 * has no conditional edit, so between our last look and our edit, which follow on each other, a newer run can still be
 * overwritten; its next edit corrects that.
 * @throws what octokit throws, after its retries; INTERNAL when the comments do not settle.
 */
export async function putStickyComment(github: Github, place: CommentPlace, wish: CommentWish): Promise<CommentOutcome> {
  if (wish.mode === 'never') return { action: 'kept', url: null, why: 'comments are switched off' }
  const viewer = await viewerLogin(github)
  const { owner, repo, number } = place
  const key = wish.marker.key
  return settle<OwnComment, CommentOutcome>({
    what: `the comments on ${owner}/${repo}#${number}`,
    list: async () => {
      const all = (await listComments(github, place)).filter((one) => isAuthor(one.user ?? null, viewer))
      const own = all.map(({ id, body, html_url: url }) => ownComment({ id, body: body ?? '', url }, key))
      return own.filter((one) => one !== null)
    },
    idOf: ({ id }) => id,
    act: (own, created) => act(github, place, wish, own, created),
  })
}

/** Markers of all comments on the pull request that the token's own author wrote. @throws what octokit throws, after its retries. */
export async function ownMarkers(github: Github, place: CommentPlace): Promise<CommentMarker[]> {
  const viewer = await viewerLogin(github)
  const comments = await listComments(github, place)
  return comments
    .filter((one) => isAuthor(one.user ?? null, viewer))
    .map((one) => parseMarker(one.body ?? ''))
    .filter((one) => one !== null)
}

function listComments(github: Github, { owner, repo, number }: CommentPlace): Promise<Comment[]> {
  return readAll('comments', z.array(COMMENT), (page) =>
    github.rest.issues.listComments({ owner, repo, issue_number: number, ...page }),
  )
}

async function act(
  github: Github,
  { owner, repo, number }: CommentPlace,
  wish: CommentWish,
  own: readonly OwnComment[],
  created: OwnComment | null,
): Promise<Look<OwnComment, CommentOutcome>> {
  const { issues } = github.rest
  const { body, marker } = wish
  const decision = decideComment(own, wish)
  if (decision.kind === 'create') {
    const { data } = await issues.createComment({ owner, repo, issue_number: number, body })
    const { id, html_url: url } = parseAnswer('created comment', COMMENT, data)
    return { created: { id, url, body, marker } }
  }
  const { comment } = decision
  if (decision.kind === 'edit') {
    const stays = await unlessStatus(GONE, issues.updateComment({ owner, repo, comment_id: decision.comment.id, body }))
    if (!stays) return 'again'
  }
  for (const id of decision.remove) await unlessStatus(GONE, issues.deleteComment({ owner, repo, comment_id: id }))
  const url = comment?.url ?? null
  if (decision.kind === 'edit') return { outcome: { action: 'edited', url, why: '' } }
  const ours = created !== null && comment?.id === created.id
  return { outcome: ours ? { action: 'created', url, why: '' } : { action: 'kept', url, why: decision.why } }
}
