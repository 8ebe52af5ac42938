import { ChaosError } from '../../core/errors.ts'

/**
 * The address of a path at the entry. A value that is filled in may make another host of it: `/${tenant}/evil.example/` is
 * `//evil.example/` where the tenant is empty, and would be sent there with all headers. Pure.
 * @throws BAD_INPUT for a path that does not stay at the entry.
 */
export function entryUrl(path: string, baseUrl: string): URL {
  const url = URL.parse(path, baseUrl)
  if (url !== null && path.startsWith('/') && url.origin === new URL(baseUrl).origin) return url
  throw new ChaosError(
    'BAD_INPUT',
    `a request's path is ${path.slice(0, 200)} once it is filled in, which is not one of the entry`,
    {
      hint: 'A path begins with one slash, also where a value of `vary` is empty.',
    },
  )
}
