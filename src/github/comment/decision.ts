/** What to do about the comments of one key. Pure: sticky.ts carries it out. */
import { compareRuns, parseMarker, type CommentMarker } from './marker.ts'

export type CommentMode = 'always' | 'on-failure' | 'never'
export const COMMENT_MODES: readonly CommentMode[] = ['always', 'on-failure', 'never']

/** A comment of our own author that carries our key. */
export interface OwnComment {
  readonly id: number
  readonly body: string
  readonly url: string
  readonly marker: CommentMarker
}

export interface CommentWish {
  readonly marker: CommentMarker
  /** With the marker at its start. */
  readonly body: string
  readonly mode: CommentMode
  /** The run is to be seen as red. Of no account while it is running. */
  readonly red: boolean
}

export type CommentDecision =
  | { readonly kind: 'create' }
  /** `remove`: further comments of the key; the one with the lowest id stays, as everybody agrees on that. */
  | { readonly kind: 'edit'; readonly comment: OwnComment; readonly remove: readonly number[] }
  | { readonly kind: 'keep'; readonly comment: OwnComment | null; readonly why: string; readonly remove: readonly number[] }

export function ownComment(comment: Omit<OwnComment, 'marker'>, key: string): OwnComment | null {
  const marker = parseMarker(comment.body)
  return marker?.key === key ? { ...comment, marker } : null
}

export function decideComment(own: readonly OwnComment[], wish: CommentWish): CommentDecision {
  const [first, ...others] = [...own].sort((a, b) => a.id - b.id)
  if (wish.mode === 'never') return keep(null, 'comments are switched off')
  if (first === undefined) return decideFirst(wish)
  const newest = [first, ...others].reduce((a, b) => (compareRuns(b.marker, a.marker) > 0 ? b : a))
  const order = compareRuns(newest.marker, wish.marker)
  // A run that is behind touches nothing but what it has just added itself: the newer one keeps order.
  if (order > 0) return keep(newest, 'a newer run has written it', ids(others.filter((one) => isOfRun(one, wish))))
  if (wish.marker.state === 'superseded' && (order < 0 || newest.marker.state !== 'running'))
    return keep(newest, 'this run is not what it shows')
  if (sameText(first.body, wish.body)) return keep(first, 'nothing has changed', ids(others))
  return { kind: 'edit', comment: first, remove: ids(others) }
}

/** `on-failure` wants no comment that says less than red. */
function decideFirst(wish: CommentWish): CommentDecision {
  const { state } = wish.marker
  if (state === 'superseded') return keep(null, 'there is none to mark as superseded')
  if (wish.mode === 'on-failure' && (state === 'running' || !wish.red)) return keep(null, 'there is nothing red to tell')
  return { kind: 'create' }
}

function keep(comment: OwnComment | null, why: string, remove: readonly number[] = []): CommentDecision {
  return { kind: 'keep', comment, why, remove }
}

function isOfRun(comment: OwnComment, wish: CommentWish): boolean {
  return compareRuns(comment.marker, wish.marker) === 0
}

function ids(comments: readonly OwnComment[]): number[] {
  return comments.map(({ id }) => id)
}

function sameText(a: string, b: string): boolean {
  const plain = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd()
  return plain(a) === plain(b)
}
