import { expect, test } from 'vitest'
import { mono, wall } from '../../../core/time/moment.fixture.ts'
import type { Hit } from '../../../kinds/context.ts'
import type { PoolMember } from '../../../ports/stack.ts'
import { container, faultContext, stack } from '../context.fixture.ts'
import { hitTeller } from './hits.ts'

const HAND = container({ id: 'a'.repeat(64), name: 'hand-1' })
const LISTED: PoolMember = { id: 'm1', state: 'idle', meaning: 'ready', container: HAND.name, inFlight: 0 }
const CLOCK = { nowMs: () => mono(700), wallMs: () => wall(1_700), sleep: () => new Promise<never>(() => undefined) }

test('a hit is told with the id by which the pool listed the container before it', async () => {
  const hits: Hit[] = []
  let members = [LISTED]
  const pool = { members: () => Promise.resolve(members), stop: () => Promise.resolve() }
  const { ctx } = faultContext(6_000, { clock: CLOCK, stack: stack({ pool: () => pool }), hit: (hit) => void hits.push(hit) })
  const tell = await hitTeller('hand', ctx)
  members = []
  expect(tell(HAND, 42)).toEqual({ atMs: 700, atWallMs: 1_700 })
  expect(tell({ id: 'b'.repeat(64), name: 'hand-2' }, 43, { atMs: mono(5), atWallMs: wall(6) })).toEqual({ atMs: 5, atWallMs: 6 })
  expect(hits).toEqual([
    { containerId: HAND.id, name: 'hand-1', service: 'hand', pid: 42, member: 'm1', atMs: 700, atWallMs: 1_700 },
    { containerId: 'b'.repeat(64), name: 'hand-2', service: 'hand', pid: 43, member: null, atMs: 5, atWallMs: 6 },
  ])
})
