import { expect, test } from 'vitest'
import { ALLOW_KINDS, parseAllow } from './allow-untrusted.ts'

test.each<[list: string[], allowed: string[]]>([
  [[], []],
  [[''], []],
  [['false'], []],
  [['FALSE'], []],
  [['true'], [...ALLOW_KINDS]],
  [['fork'], ['fork']],
  [
    ['privileged', ' docker-socket ', 'privileged'],
    ['privileged', 'docker-socket'],
  ],
])('%j allows %j', (list, allowed) => {
  expect([...parseAllow(list)]).toEqual(allowed)
})

test.each<[list: string[], message: string]>([
  [['priviledged'], 'allow-untrusted names "priviledged"; allowed: true, false, or any of fork, privileged, host-namespace'],
  [['priviledged'], 'did you mean "privileged"?'],
  [['true', 'fork'], 'allow-untrusted names "true"'],
  [['fork', 'false'], 'allow-untrusted names "false"'],
  [['yes'], 'allow-untrusted names "yes"'],
  [['__proto__'], 'allow-untrusted names "__proto__"'],
])('%j is refused: %s', (list, message) => {
  expect(() => parseAllow(list)).toThrow(message)
})
