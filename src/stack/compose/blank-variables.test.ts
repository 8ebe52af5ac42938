import { expect, it } from 'vitest'
import { blankTexts } from './blank-variables.ts'

const said = (name: string): string =>
  `time="2026-11-30T06:20:17Z" level=warning msg="The \\"${name}\\" variable is not set. Defaulting to a blank string."\n`

it('what compose says of a variable is told once, and why it is so', () => {
  const stderr = `${said('FOO')}${said('GITHUB_TOKEN')}${said('FOO')}another line\n`
  expect(blankTexts(stderr, new Set(['GITHUB_TOKEN', 'PATH']))).toEqual([
    'the compose files use FOO, which is not set: it is blank there',
    'the compose files use GITHUB_TOKEN, which is not passed on to them as it may hold a credential of the job: it is blank there',
  ])
})

it('twenty are told of at most', () => {
  const many = Array.from({ length: 30 }, (_, index) => said(`NAME_${index}`)).join('')
  expect(blankTexts(many, new Set())).toHaveLength(20)
  expect(blankTexts('', new Set())).toEqual([])
})

it('older versions of compose write plain quotes', () => {
  expect(blankTexts('The "FOO" variable is not set. Defaulting to a blank string.', new Set())).toHaveLength(1)
})
