/** Which connections are reset, from which end, and when. */
import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import { endsOf, legPlan, planLegs, sideSchema } from '../shared/links/legs.ts'
import type { LinkSelection } from '../shared/links/links.ts'
import { listOf } from '../shared/plan-schema.ts'
import { resetMoments } from './moments.ts'

/** Established connections of one leg or several reset at so many moments in each third of the window. */
export interface ConnectionResetsSpec extends LinkSelection {
  readonly perThird: number
}

/** A leg, the end that resets, and when: ms after it was armed. */
const resetsLeg = legPlan.extend({ resetSide: sideSchema, momentsMs: listOf(z.number()) })
export type ResetsLeg = Readonly<z.infer<typeof resetsLeg>>

export const connectionResetsPlan = z.strictObject({
  windowMs: z.number(),
  legs: listOf(resetsLeg),
  services: listOf(z.string()),
})
export type ConnectionResetsPlan = Readonly<z.infer<typeof connectionResetsPlan>>

/** A helper keeps no longer schedule. */
const LONGEST_WINDOW_MS = 600_000

/** @throws BAD_INPUT for a window that is too long, TARGET_NOT_FOUND or CAPABILITY_MISSING, all before anything is changed. */
export async function resolveResets(spec: ConnectionResetsSpec, ctx: FaultContext): Promise<ConnectionResetsPlan> {
  if (ctx.windowMs > LONGEST_WINDOW_MS) {
    throw new ChaosError(
      'BAD_INPUT',
      `connection_resets spreads its moments over at most 10 minutes, the window has ${Math.round(ctx.windowMs / 1_000)} s`,
      { hint: 'give the entry a shorter duration_seconds, or one under profiles' },
    )
  }
  const { services, legs } = await planLegs(spec, 'connection_resets', ctx)
  const proxy = ctx.stack.descriptor.toxiproxy?.service
  return {
    windowMs: ctx.windowMs,
    legs: legs.map((leg) => ({
      ...leg,
      // The proxy's end where there is one: neither the caller nor the called has to suffer a helper that resets.
      resetSide: endsOf([leg], 'client').some((end) => end.service === proxy) ? 'client' : 'server',
      momentsMs: resetMoments(ctx.windowMs, spec.perThird, ctx.random),
    })),
    services,
  }
}
