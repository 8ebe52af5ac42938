/** Requests of every protocol as one: HTTP's, the sessions of WebSocket and the calls of gRPC. Pure. */
import { OTHER_REQUESTS } from '../series/metrics.ts'
import type { SampleAggregate } from '../series/questions.ts'

/** What `requestsOf` asks for. */
export const REQUEST_METRICS = [
  ...['http_reqs', 'http_req_failed', 'http_req_duration'],
  ...['errors', 'grpc_req_duration', OTHER_REQUESTS],
] as const

export interface Requests {
  readonly sent: number
  /** Share of errors, 0…1; NaN where nobody told. */
  readonly errorShare: number
  /** How long they took; of gRPC where there was no HTTP. */
  readonly durations: SampleAggregate | null
}

/** A script's own `errors`, where it has them, count what was wrong in an answer that its protocol calls good. */
export function requestsOf(samplesOf: (metric: (typeof REQUEST_METRICS)[number]) => SampleAggregate | null): Requests {
  const [own, http, other] = [samplesOf('errors'), samplesOf('http_req_failed'), samplesOf(OTHER_REQUESTS)]
  const rates = own === null ? [http, other] : [own]
  const all = rates.filter((rate) => rate !== null)
  const failed = all.reduce((sum, { nonZero }) => sum + nonZero, 0)
  return {
    sent: (samplesOf('http_reqs')?.sum ?? 0) + (other?.count ?? 0),
    errorShare: failed / all.reduce((sum, { count }) => sum + count, 0),
    durations: samplesOf('http_req_duration') ?? samplesOf('grpc_req_duration'),
  }
}
