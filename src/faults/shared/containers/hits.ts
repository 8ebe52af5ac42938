/** Telling the expectations which containers a fault hits. */
import { instantOf } from '../../../core/time/clock.ts'
import type { Instant } from '../../../core/time/moment.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import { glanceAtPool, memberOf } from './pool-members.ts'

/** Tells of one container, by the pid of its main process, that it is hit at that instant, or now. @returns the instant. */
export type TellHit = (container: { readonly id: string; readonly name: string }, pid: number, at?: Instant) => Instant

/** Looks at the pool first: each container of the service is told with the id by which it was listed before it was hit. */
export async function hitTeller(service: string, ctx: FaultContext): Promise<TellHit> {
  const members = await glanceAtPool(ctx)
  return (container, pid, at = instantOf(ctx.clock)) => {
    const member = memberOf(container, members)?.id ?? null
    ctx.hit({ containerId: container.id, name: container.name, service, pid, member, ...at })
    return at
  }
}
