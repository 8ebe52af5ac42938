import { describe, expect, it } from 'vitest'
import { query } from './packet.fixture.ts'
import { OwnQuestions, Questions } from './questions.ts'

const untouched = { does: 'ask', afterMs: 0 }

describe('what becomes of a question', () => {
  it.each([
    ['dropped', null],
    ['slow', { does: 'ask', afterMs: 300 }],
    ['refused', { does: 'answer', answer: query('WEB', { flags: 0x81_85 }) }],
    ['nxdomain', { does: 'answer', answer: query('WEB', { flags: 0x81_83 }) }],
  ] as const)('that is %s', (mode, fate) => {
    const listed = new Questions({ mode, names: ['Web.'], delayMs: 300 }, new OwnQuestions())
    expect(listed.fateOf(query('WEB'))).toEqual(fate)
    expect(listed.fateOf(query('web2'))).toEqual(untouched)
    expect(listed.fateOf(query('my.web'))).toEqual(untouched)
    expect(listed.fateOf(Buffer.from('no question'))).toEqual(untouched)
    const all = new Questions({ mode, names: null, delayMs: 300 }, new OwnQuestions())
    expect(all.fateOf(query('WEB'))).toEqual(fate)
    expect(all.fateOf(Buffer.from('no question'))).toEqual(untouched)
  })
})

it('questions are counted, and those of our own resolver apart', async () => {
  const own = new OwnQuestions()
  const questions = new Questions({ mode: 'refused', names: ['web', 'db'], delayMs: 0 }, own)
  await own.during('WEB', async () => {
    questions.fateOf(query('db'))
    questions.fateOf(query('web'))
    // One is under way; whose the other is, is all the same.
    questions.fateOf(query('web'))
    await Promise.resolve()
  })
  questions.fateOf(query('web'))
  questions.fateOf(query('other'))
  expect(questions.read()).toEqual({ questions: 5, broken: 4, others: 3 })
})

it('a question of our own that never came is not expected any more', async () => {
  const own = new OwnQuestions()
  await expect(own.during('web', () => Promise.reject(new Error('ETIMEOUT')))).rejects.toThrow('ETIMEOUT')
  expect(own.take('web')).toBe(false)
})
