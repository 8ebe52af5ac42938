import { expect, test } from 'vitest'
import { descriptor, GET } from '../../ports/stack.fixture.ts'
import { floodRequest } from './plan.ts'

test('a flood sends what the canary sends, where that is HTTP', () => {
  expect(floodRequest(descriptor())).toEqual({ method: 'GET', path: '/', headers: {}, body: null })
})

test('a flood refuses a canary of another protocol, by name', () => {
  const refused = { code: 'CAPABILITY_MISSING', message: expect.stringContaining("the request 'page' is one of gRPC") as string }
  const grpc = descriptor({ requests: { page: { ...GET, http: null, protocol: 'gRPC' } } })
  expect(() => floodRequest(grpc)).toThrow(expect.objectContaining(refused) as Error)
})
