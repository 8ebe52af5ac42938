import * as z from 'zod'
import { milliseconds, quantity } from '../../kinds/schema-kit.ts'
import { REQUEST_DEADLINE_MS, requestName, share } from '../shared/spec-keys.ts'

export const workloadSpec = z
  .strictObject({
    name: requestName(),
    in_flight: quantity({ minimum: 1, maximum: 100, integer: true, description: 'So many are under way all the time' }),
    within_ms: milliseconds(1, REQUEST_DEADLINE_MS, 'Each has ended, well or with a clear error, within this time'),
    good_share: share('At least this share of those that the fault met is good'),
  })
  .meta({ description: 'Requests that are under way from before the fault to its end: none hangs, none is silently cut' })

export type WorkloadSpec = z.output<typeof workloadSpec>
