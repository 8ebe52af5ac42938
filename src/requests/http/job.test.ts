import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { asksFor, jobAskedFor } from './job.ts'
import { httpRequestSpec, type HttpRequestSpec } from './spec.ts'
import { turnOf } from './turn.ts'

type Input = z.input<typeof httpRequestSpec>

const spec = (changes: Partial<Input> = {}): HttpRequestSpec =>
  httpRequestSpec.parse({ method: 'POST', path: '/jobs', good: { status: [200] }, ...changes })
const REFUSED = { status: [507], job: 'r-${nonce}' }
const ECHOES = { status: [200], echoes: { id: 'e-${nonce}' } }

describe('a request', () => {
  it.each<[string, Partial<Input>, ReturnType<typeof asksFor>]>([
    ['may ask for a job', {}, 'job'],
    ['that is safe asks for none', { method: 'GET' }, 'nothing'],
    ['that is safe and says where its job stands asks for one', { method: 'GET', job: 'id' }, 'job'],
    ['that is safe and says which job is refused asks for that', { method: 'GET', refused: REFUSED }, 'named job'],
    ['gives its job the id that is refused', { refused: REFUSED }, 'named job'],
    ['gives its job the id that comes back', { job: 'id', good: ECHOES }, 'named job'],
    ['that has something else come back gives none', { job: 'job', good: ECHOES }, 'job'],
  ])('%s', (_what, changes, asked) => {
    expect(asksFor(spec(changes))).toBe(asked)
  })

  it('tells that id, the one that is refused before the one that comes back', () => {
    const turn = turnOf({ vary: {} }, 0, 'n')
    expect(jobAskedFor(spec({ job: 'id', good: ECHOES }), turn)).toBe('e-n')
    expect(jobAskedFor(spec({ job: 'id', good: ECHOES, refused: REFUSED }), turn)).toBe('r-n')
    expect(jobAskedFor(spec({ job: 'constructor', good: ECHOES }), turn)).toBeNull()
    // Nobody says where the job stands, whatever a part of the answer is called.
    expect(jobAskedFor(spec({ good: { status: [200], echoes: { null: 'x' } } }), turn)).toBeNull()
  })
})
