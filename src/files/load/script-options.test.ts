import { describe, expect, it } from 'vitest'
import { literalOptions } from './script-options.ts'

describe('the options of a script', () => {
  it('are read where they stand in it word for word', () => {
    const source = `
      import http from 'k6/http'
      export const options: Options = {
        stages: [{ duration: '1m30s', target: 1_000 }, { duration: "5s", 'target': 0 },],
        thresholds: { 'http_req_duration{a:b}': ['p(95)<500'], errors: [{ threshold: \`rate<0.01\`, abortOnFail: true }] },
        noConnectionReuse: false, hosts: null, rps: -1.5, tags: {}, 7: .5,
      }
      export default function () { http.get(__ENV.BASE_URL, { headers: {} }) }`
    expect(literalOptions(source)).toEqual({
      stages: [
        { duration: '1m30s', target: 1_000 },
        { duration: '5s', target: 0 },
      ],
      thresholds: { 'http_req_duration{a:b}': ['p(95)<500'], errors: [{ threshold: 'rate<0.01', abortOnFail: true }] },
      ...{ noConnectionReuse: false, hosts: null, rps: -1.5, tags: {}, 7: 0.5 },
    })
    expect(literalOptions('exports.options = { vus: 1 }')).toEqual({ vus: 1 })
    expect(literalOptions('export let options = {}')).toEqual({})
  })

  it.each([
    ['are not there', 'export default function () {}'],
    ['are imported', "export { options } from './common.js'"],
    ['are worked out', 'export const options = optionsFor(__ENV.PROFILE)'],
    ['hold a name', 'export const options = { stages }'],
    ['hold a variable', 'export const options = { duration: __ENV.DURATION }'],
    ['hold one with a default', "export const options = { duration: '30s' || __ENV.DURATION }"],
    ['hold a sum', 'export const options = { vus: 5 * 60 }'],
    ['hold a template', 'export const options = { duration: `${minutes}m` }'],
    ['hold others', "export const options = { ...common, duration: '30s' }"],
    ['hold a function', 'export const options = { vus: count(1) }'],
    ['hold a word that is no literal', 'export const options = { vus: undefined }'],
    ['hold an escaped text', String.raw`export const options = { duration: '3\x30s' }`],
    ['hold no number', 'export const options = { vus: 0x10 }'],
    ['are changed later', "export const options = { vus: 1 }\noptions.duration = '1h'"],
    ['are changed by a key', "export const options = { vus: 1 }\noptions['duration'] = '1h'"],
    ['are there twice', 'export const options = { vus: 1 }\nexports.options = { vus: 2 }'],
    ['end too early', 'export const options = { stages: [{ target: 1 }'],
    ['have a list of nothing', 'export const options = { stages: [,] }'],
    ['lie too deep', `export const options = { a: ${'['.repeat(30)}${']'.repeat(30)} }`],
  ])('are for k6 to tell where they %s', (_how, source) => {
    expect(literalOptions(source)).toBeNull()
  })

  it('are not changed by what only looks at them, or is another one', () => {
    const source = 'export const options = { vus: 2 }\nif (options.vus === 2) run({ then: () => options.vus >= 1 })'
    expect(literalOptions(source)).toEqual({ vus: 2 })
  })
})
