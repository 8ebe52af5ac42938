/** Logs, events and the canary's series of a scenario's window. */
import { latencyMs, type CanarySample } from '../../core/canary.ts'
import { isoTime, msBetween, type Mono, type Wall } from '../../core/time/moment.ts'
import { describeError } from '../../core/errors.ts'
import type { TimelineEvent } from '../../core/result/scenario.ts'
import type { Hit } from '../../kinds/context.ts'
import type { ContainerGlance, LogLine } from '../../ports/docker.ts'
import { EVENTS_PER_SCENARIO, LOG_BYTES_PER_CONTAINER } from '../options.ts'
import type { EngineDeps } from '../deps.ts'

export interface Collected {
  readonly logs: { service: string; file: string }[]
  readonly events: TimelineEvent[]
  readonly series: { file: string } | null
}

export async function collect(
  deps: EngineDeps,
  files: string,
  window: { readonly sinceWallMs: Wall; readonly untilWallMs: Wall; readonly originMs: Mono },
  seen: { readonly samples: readonly CanarySample[]; readonly hits: readonly Hit[]; readonly notes: readonly TimelineEvent[] },
  signal: AbortSignal,
): Promise<Collected> {
  const [logs, series] = await Promise.all([
    collectLogs(deps, files, window, signal),
    writeSeries(deps, files, seen.samples, window.originMs),
  ])
  const events = [...containerEvents(deps, window.sinceWallMs), ...seen.hits.map(hitEvent), ...seen.notes]
  return { logs, events: events.sort((a, b) => a.at.localeCompare(b.at)), series }
}

async function collectLogs(
  deps: EngineDeps,
  files: string,
  window: { readonly sinceWallMs: Wall; readonly untilWallMs: Wall },
  signal: AbortSignal,
): Promise<{ service: string; file: string }[]> {
  const containers = await deps.containers.glance(signal)
  const texts = await Promise.all(containers.map((container) => linesOf(deps, container, window, signal)))
  const byService = Map.groupBy(texts, ({ service }) => service)
  return Promise.all(
    [...byService]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(async ([service, own]) => {
        const lines = own.flatMap((one) => one.lines).sort()
        const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`
        return { service, file: await deps.artifacts.write(`logs/${files}/${service}.log`, text) }
      }),
  )
}

/** One container whose log cannot be read keeps no other's back, and says so in its own place. */
async function linesOf(
  deps: EngineDeps,
  { id, name, service }: ContainerGlance,
  window: { readonly sinceWallMs: Wall; readonly untilWallMs: Wall },
  signal: AbortSignal,
): Promise<{ readonly service: string; readonly lines: readonly string[] }> {
  const lines: readonly Pick<LogLine, 'atMs' | 'text'>[] = await deps.containers
    .logs(id, { ...window, maxBytes: LOG_BYTES_PER_CONTAINER }, signal)
    .catch((error: unknown) => {
      const text = `[logs of ${name} could not be read: ${describeError(error, 200)}]`
      return [{ atMs: window.untilWallMs, text }]
    })
  return { service, lines: lines.map((line) => `${isoTime(line.atMs)} ${name} ${line.text}`) }
}

function hitEvent(hit: Hit): TimelineEvent {
  const member = hit.member === null ? '' : `, pool member ${hit.member}`
  return {
    at: isoTime(hit.atWallMs),
    source: 'engine',
    kind: 'hit',
    detail: `${hit.name} (${hit.containerId.slice(0, 12)}), process ${hit.pid}${member}`,
  }
}

function containerEvents(deps: EngineDeps, sinceWallMs: Wall): TimelineEvent[] {
  return deps.containers
    .events(sinceWallMs)
    .filter((event) => !event.action.startsWith('exec_'))
    .slice(-EVENTS_PER_SCENARIO)
    .map((event) => ({
      at: isoTime(event.atMs),
      source: event.service === '' ? 'docker' : event.service,
      kind: event.action,
      detail:
        event.containerId.slice(0, 12) +
        (event.attributes['exitCode'] === undefined ? '' : ` exit code ${event.attributes['exitCode']}`),
    }))
}

/** One JSON object per canary request, times in ms from the start of the scenario. */
async function writeSeries(
  deps: EngineDeps,
  files: string,
  samples: readonly CanarySample[],
  originMs: Mono,
): Promise<{ file: string } | null> {
  if (samples.length === 0) return null
  const lines = samples.map((sample) =>
    // What is undefined is left out of JSON.
    JSON.stringify({
      atMs: Math.round(msBetween(originMs, sample.intendedMs)),
      request: sample.request,
      latencyMs: Math.round(latencyMs(sample) * 10) / 10,
      status: sample.status,
      code: sample.code,
      ok: sample.ok,
      cut: sample.cut,
      wrong: sample.wrong,
      burst: sample.burst,
      error: sample.error,
    }),
  )
  return { file: await deps.artifacts.write(`series/${files}.jsonl`, `${lines.join('\n')}\n`) }
}
