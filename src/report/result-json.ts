import { ChaosError } from '../core/errors.ts'
import type { Result } from './facts.ts'

/** `result.json`, with a newline at its end. @throws INTERNAL for NaN or an infinity, which JSON would turn into null. */
export function renderResultJson(result: Result): string {
  const check = (key: string, value: unknown): unknown => {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new ChaosError('INTERNAL', `the result holds ${value} under "${key}", which JSON cannot say`)
    return value
  }
  return `${JSON.stringify(result, check, 2)}\n`
}
