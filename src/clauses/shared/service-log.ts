import type { Wall } from '../../core/time/moment.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { LogLine } from '../../ports/docker.ts'
import { someContainers } from './some-containers.ts'

export interface ServiceLog {
  readonly lines: readonly LogLine[]
  /** Some container logged more than is kept, so that its oldest lines may be missing. */
  readonly cut: boolean
}

/** Of each container's log, the newest. */
const MOST_BYTES = 8 * 1_024 * 1_024
/** Docker hands out longer lines in pieces of 16 KiB: a log that lost its oldest one is no emptier than this. */
const LONGEST_PIECE_BYTES = 17 * 1_024

/** Lines of all containers of a service between two wall-clock times. @throws TARGET_NOT_FOUND when it has no container. */
export async function readServiceLog(
  service: string,
  ctx: ClauseContext,
  window: { readonly sinceWallMs: Wall; readonly untilWallMs: Wall },
): Promise<ServiceLog> {
  const containers = someContainers(service, await ctx.containers.list(service, ctx.signal), 'to read the log of')
  const bounded = { ...window, maxBytes: MOST_BYTES }
  const logs = await Promise.all(containers.map((container) => ctx.containers.logs(container.id, bounded, ctx.signal)))
  return { lines: logs.flat(), cut: logs.some((lines) => bytesOf(lines) > MOST_BYTES - LONGEST_PIECE_BYTES) }
}

function bytesOf(lines: readonly LogLine[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line.text) + 1, 0)
}
