import { expect, test } from 'vitest'
import { holderOf } from './means.ts'

test('a GPU has one name on the whole machine, and one that Docker takes', () => {
  const uuid = 'GPU-0A1b2c3d-0000-4000-8000-0123456789ab'
  expect(holderOf(uuid)).toBe('chaos-gpu-0a1b2c3d-0000-4000-8000-0123456789ab')
  expect(holderOf(uuid.toLowerCase().replace('gpu', 'GPU'))).toBe(holderOf(uuid))
  expect(holderOf('GPU-0a1b2c3d-0000-4000-8000-0123456789ac')).not.toBe(holderOf(uuid))
  expect(holderOf(uuid)).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/)
})
