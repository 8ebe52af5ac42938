import { expect, test } from 'vitest'
import type { Link } from '../../core/descriptor.ts'
import type { ToxiproxyProxy } from '../../ports/toxiproxy.ts'
import { linkProblems } from './links.ts'

const link: Link = {
  name: 'queen',
  from: 'client',
  to: 'queen',
  proxy: 'queen-proxy',
  listenPort: 8080,
  upstream: { service: 'queen', port: 8081 },
  onCanaryPath: true,
  probe: { path: '/', headers: {} },
  leg: null,
}
const proxy: ToxiproxyProxy = { name: 'queen-proxy', listen: '[::]:8080', upstream: 'queen:8081', enabled: true, toxics: [] }

test('finds nothing wrong with a proxy as declared', () => {
  expect(linkProblems(link, [proxy])).toEqual([])
})

test.each([
  [{ enabled: false }, 'is not enabled'],
  [{ listen: '0.0.0.0:80800' }, 'listens on 0.0.0.0:80800, not on port 8080'],
  [{ upstream: 'queen:8080' }, 'forwards to queen:8080, not to queen:8081'],
  [
    { toxics: [{ name: 'left', type: 'latency', stream: 'upstream' as const, toxicity: 1, attributes: {} }] },
    'already has the toxics left',
  ],
])('names %j', (changes, problem) => {
  expect(linkProblems(link, [{ ...proxy, ...changes }])).toEqual([`link queen: proxy queen-proxy ${problem}`])
})

test('names what is there when the proxy is not', () => {
  expect(linkProblems(link, [])).toEqual(['link queen: toxiproxy has no proxy queen-proxy (it has none)'])
})
