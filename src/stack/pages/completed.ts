/** The jobs that the system says it has completed, page by page. */
import type { CompletedSpec } from '../../core/descriptor.ts'
import { ChaosError } from '../../core/errors.ts'
import type { CompletedPort } from '../../ports/stack.ts'
import { openStackPage, searcher, shown, type PageDeps } from './page.ts'

/** Under load the system answers late as well. */
const PAGE_LIMIT_MS = 10_000
const MOST_BYTES = 4 * 1024 * 1024

export function createCompleted({ spec, ...deps }: PageDeps & { readonly spec: CompletedSpec }): CompletedPort {
  const what = { subject: 'the list of completed jobs', code: 'COMPLETED_UNREADABLE', mostBytes: MOST_BYTES } as const
  const page = openStackPage({ ...what, place: spec, ...deps })
  const ids = searcher(spec.ids, (why) => unreadable(spec, 'ids', why))
  const next = searcher(spec.next, (why) => unreadable(spec, 'next', why))
  return {
    first: spec.first,
    async page(after, signal) {
      const answer = await page.read(spec.path.replaceAll('{after}', encodeURIComponent(after)), PAGE_LIMIT_MS, signal)
      const found = ids(answer)
      if (!Array.isArray(found) || !found.every((id) => typeof id === 'string'))
        throw unreadable(spec, 'ids', `${shown(JSON.stringify(found))} instead of a list of texts`)
      const place = next(answer)
      if (typeof place !== 'string' && typeof place !== 'number')
        throw unreadable(spec, 'next', `${shown(JSON.stringify(place))} instead of a place`)
      return { ids: found, next: String(place) }
    },
  }
}

function unreadable(spec: CompletedSpec, key: 'ids' | 'next', what: string): ChaosError {
  const text = `the list of completed jobs ${spec.path} of ${spec.service} has another shape: ${spec[key]} gives ${what}`
  return new ChaosError('COMPLETED_UNREADABLE', text, {
    hint: `Check completed.${key} of the stack descriptor against the page.`,
  })
}
