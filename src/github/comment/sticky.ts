/** One comment on a pull request for each key, edited and not repeated. */
import { z } from 'zod'
import { ChaosError } from '../../core/errors.ts'
import { AUTHOR, isAuthor, parseAnswer, readAll, unlessGone, viewerLogin } from '../client/answers.ts'
import { decideComment, ownComment, type CommentWish, type OwnComment } from './decision.ts'
import { parseMarker, type CommentMarker } from './marker.ts'
import type { Github } from '../client/octokit.ts'

export interface CommentPlace {
  readonly owner: string
  readonly repo: string
  /** Of the pull request. */
  readonly number: number
}

export interface CommentOutcome {
  readonly action: 'created' | 'edited' | 'kept'
  /** null: there is no comment of ours. */
  readonly url: string | null
  /** Why it was kept; empty otherwise. */
  readonly why: string
}

/** A comment may vanish, or a second one come up, between two requests. More often than this is no accident. */
const MOST_ROUNDS = 4

const COMMENT = z.object({ id: z.int().positive(), body: z.string().nullish(), html_url: z.string(), user: AUTHOR.optional() })
type Comment = z.infer<typeof COMMENT>

/**
 * Brings the comment of the wish's key to what it asks for. Only comments of the token's own author are looked at. GitHub
 * has no conditional edit, so between our last look and our edit, which follow on each other, a newer run can still be
 * overwritten; its next edit corrects that.
 * @throws what octokit throws, after its retries; INTERNAL when the comments do not settle.
 */
export async function putStickyComment(github: Github, place: CommentPlace, wish: CommentWish): Promise<CommentOutcome> {
  if (wish.mode === 'never') return { action: 'kept', url: null, why: 'comments are switched off' }
  const sticky = new StickyComment(github, place, wish, await viewerLogin(github))
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const outcome = await sticky.settle()
    if (outcome !== null) return outcome
  }
  throw new ChaosError('INTERNAL', `the comments on ${place.owner}/${place.repo}#${String(place.number)} do not settle`)
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

class StickyComment {
  private readonly github: Github
  private readonly place: CommentPlace
  private readonly wish: CommentWish
  private readonly viewer: string
  /** What we have created: a list may still be without it. */
  private created: OwnComment | null = null

  constructor(github: Github, place: CommentPlace, wish: CommentWish, viewer: string) {
    this.github = github
    this.place = place
    this.wish = wish
    this.viewer = viewer
  }

  /** One look and what follows from it; null when another look is needed. */
  async settle(): Promise<CommentOutcome | null> {
    const decision = decideComment(await this.own(), this.wish)
    if (decision.kind === 'create') {
      this.created = await this.create()
      // Another job of the same key may have created one at the same moment: both look again, and the lowest id stays.
      return null
    }
    if (decision.kind === 'edit' && !(await this.edit(decision.comment))) return null
    for (const id of decision.remove) await this.remove(id)
    const url = decision.comment?.url ?? null
    if (decision.kind === 'edit') return { action: 'edited', url, why: '' }
    const ours = this.created !== null && decision.comment?.id === this.created.id
    return ours ? { action: 'created', url, why: '' } : { action: 'kept', url, why: decision.why }
  }

  private async own(): Promise<OwnComment[]> {
    const all = await listComments(this.github, this.place)
    const listed = all.filter((one) => isAuthor(one.user ?? null, this.viewer)).map((one) => this.toOwn(one))
    const own = listed.filter((one) => one !== null)
    const { created } = this
    return created === null || own.some(({ id }) => id === created.id) ? own : [...own, created]
  }

  private toOwn(comment: Comment): OwnComment | null {
    return ownComment({ id: comment.id, body: comment.body ?? '', url: comment.html_url }, this.wish.marker.key)
  }

  private async create(): Promise<OwnComment> {
    const { owner, repo, number } = this.place
    const { body, marker } = this.wish
    const { data } = await this.github.rest.issues.createComment({ owner, repo, issue_number: number, body })
    const { id, html_url: url } = parseAnswer('created comment', COMMENT, data)
    return { id, url, body, marker }
  }

  /** False when it is gone. */
  private async edit(comment: OwnComment): Promise<boolean> {
    const { owner, repo } = this.place
    return unlessGone(this.github.rest.issues.updateComment({ owner, repo, comment_id: comment.id, body: this.wish.body }))
  }

  private async remove(id: number): Promise<void> {
    const { owner, repo } = this.place
    await unlessGone(this.github.rest.issues.deleteComment({ owner, repo, comment_id: id }))
  }
}
