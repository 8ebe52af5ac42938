import { REPOSITORY_ID, type World } from './world.ts'

export interface Page {
  readonly entries: readonly unknown[]
  /** The Link header; undefined when everything is on one page. */
  readonly link: string | undefined
}

const DEFAULT_SIZE = 30
const LARGEST_SIZE = 100

/** One page of a list. The links name the repository by its id, as GitHub's do. */
export function pageOf(entries: readonly unknown[], url: URL, site: string, world: World): Page {
  const size = Math.min(LARGEST_SIZE, Math.max(1, Number(url.searchParams.get('per_page') ?? DEFAULT_SIZE)))
  const page = Math.max(1, Number(url.searchParams.get('page') ?? 1))
  const last = Math.max(1, Math.ceil(entries.length / size))
  const to = (number: number, rel: string): string => {
    const target = new URL(url.pathname.replace(`/repos/${world.owner}/${world.repo}/`, `/repositories/${REPOSITORY_ID}/`), site)
    target.search = url.search
    target.searchParams.set('page', String(number))
    return `<${target.href}>; rel="${rel}"`
  }
  const links = [
    ...(page > 1 ? [to(page - 1, 'prev')] : []),
    ...(page < last ? [to(page + 1, 'next'), to(last, 'last')] : []),
    ...(page > 1 ? [to(1, 'first')] : []),
  ]
  return { entries: entries.slice((page - 1) * size, page * size), link: links.length === 0 ? undefined : links.join(', ') }
}
