import { expect, it } from 'vitest'
import { healthCheck } from './health.ts'

it('is written as grpc.health.v1 has it', () => {
  expect(healthCheck.path).toBe('/grpc.health.v1.Health/Check')
  expect(Buffer.from(healthCheck.encode({ service: 'till' })).toString('latin1')).toBe('\n\u0004till')
  expect([[], [8, 0], [8, 1], [8, 2], [8, 3]].map((bytes) => healthCheck.decode(Buffer.from(bytes)))).toEqual([
    { status: 'UNKNOWN' },
    { status: 'UNKNOWN' },
    { status: 'SERVING' },
    { status: 'NOT_SERVING' },
    { status: 'SERVICE_UNKNOWN' },
  ])
})
