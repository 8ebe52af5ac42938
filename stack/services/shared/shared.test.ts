import { describe, expect, test } from 'vitest'
import { Admission } from './admission.ts'
import { bearerCheck } from './auth.ts'
import { readDefects } from './defects.ts'
import { readInteger, readText, readUrl } from './env.ts'
import { ServiceError } from './failure.ts'
import { parseTask, readTaskId, taskJson } from './task.ts'

describe('settings', () => {
  test('an empty value is no value', () => {
    expect(() => readText({ LLORCH_API_TOKEN: ' ' }, 'LLORCH_API_TOKEN')).toThrow('LLORCH_API_TOKEN must be set and not empty')
    expect(readText({}, 'X', 'fallback')).toBe('fallback')
  })

  test.each(['1.5', 'x', '-1', '70000'])('%s is no port', (value) => {
    expect(() => readInteger({ PORT: value }, 'PORT', 1, { minimum: 1, maximum: 65_535 })).toThrow('must be a whole number')
  })

  test('a URL with a path or of another scheme is refused', () => {
    expect(readUrl({}, 'URL', 'http://hive:9200/')).toBe('http://hive:9200')
    expect(() => readUrl({ URL: 'https://hive' }, 'URL')).toThrow('must be a URL')
    expect(() => readUrl({ URL: 'http://hive/path' }, 'URL')).toThrow('must be a URL')
  })

  test('an unknown defect refuses the start', () => {
    expect(() => readDefects({ RBEE_DEFECTS: 'no-backof' })).toThrow('RBEE_DEFECTS names "no-backof"')
    expect([...readDefects({ RBEE_DEFECTS: 'no-backoff, total-body-deadline' })]).toEqual(['no-backoff', 'total-body-deadline'])
    expect(readDefects({ RBEE_DEFECTS: '' }).size).toBe(0)
  })
})

describe('bearer auth', () => {
  const check = bearerCheck('secret')

  test('takes the token only', () => {
    expect(() => {
      check('Bearer secret')
    }).not.toThrow()
    for (const header of [undefined, 'secret', 'bearer secret']) {
      expect(() => {
        check(header)
      }).toThrow(expect.objectContaining({ status: 401, code: 'MISSING_API_KEY' }))
    }
    for (const header of ['Bearer ', 'Bearer secre', 'Bearer secrets']) {
      expect(() => {
        check(header)
      }).toThrow(expect.objectContaining({ status: 401, code: 'INVALID_API_KEY' }))
    }
  })

  test('an empty token would lock everybody out', () => {
    expect(() => bearerCheck('')).toThrow(RangeError)
  })
})

describe('task', () => {
  test('fields have defaults, foreign ones are left alone', () => {
    const task = parseTask({ model: 'm', prompt: 'p', user: 'x' })
    expect(task).toEqual({ model: 'm', prompt: 'p', maxTokens: 100, temperature: 0.7, stream: false })
    expect(taskJson(task)).toBe('{"model":"m","prompt":"p","max_tokens":100,"temperature":0.7,"stream":false}')
  })

  test.each([
    [{ prompt: 'p' }, 'model must be'],
    [{ model: 'm', prompt: '' }, 'prompt must be'],
    [{ model: 'm', prompt: 'p', max_tokens: 0 }, 'max_tokens must be'],
    [{ model: 'm', prompt: 'p', max_tokens: 1.5 }, 'max_tokens must be'],
    [{ model: 'm', prompt: 'p', temperature: 3 }, 'temperature must be'],
    [{ model: 'm', prompt: 'p', stream: 'yes' }, 'stream must be'],
    [[], 'JSON object'],
  ])('%j is refused', (body, message) => {
    expect(() => parseTask(body)).toThrow(message)
    expect(() => parseTask(body)).toThrow(expect.objectContaining({ status: 422 }))
  })

  test('a task id must fit into a header, a log and a journal', () => {
    expect(readTaskId(undefined)).toBeNull()
    expect(readTaskId('large-1.a_b')).toBe('large-1.a_b')
    for (const id of ['', '-a', 'a b', 'a\n', 'x'.repeat(65), ['a', 'b']]) expect(() => readTaskId(id)).toThrow(ServiceError)
  })
})

describe('admission', () => {
  const STAYS = new AbortController().signal

  test('places go to those who wait, in order', async () => {
    const admission = new Admission({ active: 1, waiting: 2 })
    const leave = await admission.enter(1_000, STAYS)
    const order: string[] = []
    const first = admission.enter(1_000, STAYS).then((next) => {
      order.push('first')
      return next
    })
    const second = admission.enter(1_000, STAYS).then((next) => {
      order.push('second')
      return next
    })
    expect(admission.waiting).toBe(2)
    await expect(admission.enter(1_000, STAYS)).rejects.toMatchObject({ status: 503, code: 'QUEUE_FULL', retryAfterS: 1 })
    leave()
    ;(await first)()
    ;(await second)()
    expect(order).toEqual(['first', 'second'])
    expect(admission.active).toBe(0)
  })

  test('who waits too long is refused and leaves no gap', async () => {
    const admission = new Admission({ active: 1, waiting: 5 })
    const leave = await admission.enter(1_000, STAYS)
    await expect(admission.enter(20, STAYS)).rejects.toMatchObject({ status: 503, code: 'QUEUE_TIMEOUT' })
    expect(admission.waiting).toBe(0)
    leave()
    const again = await admission.enter(20, STAYS)
    expect(admission.active).toBe(1)
    again()
  })

  test('who goes away gives the place in the queue to the next', async () => {
    const admission = new Admission({ active: 1, waiting: 1 })
    const leave = await admission.enter(1_000, STAYS)
    const gone = new AbortController()
    const first = admission.enter(1_000, gone.signal)
    gone.abort()
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' })
    const second = admission.enter(1_000, STAYS)
    leave()
    ;(await second)()
    expect([admission.active, admission.waiting]).toEqual([0, 0])
    const busy = await admission.enter(1_000, STAYS)
    await expect(admission.enter(1_000, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
    busy()
  })
})
