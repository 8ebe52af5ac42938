/** The metrics that k6 itself has, and those that we add. Pure. */
import type { MetricType } from './questions.ts'

/** The name that requests under way have as a metric. */
export const IN_FLIGHT = 'in_flight'
/** The name that requests which are not HTTP's have as a rate: sessions of WebSocket and calls of gRPC, the share that failed. */
export const OTHER_REQUESTS = 'ws_and_grpc'

/** A Counter that the module around a script adds to when an iteration throws: src/stack/k6/wrapper.ts. */
export const SCRIPT_EXCEPTIONS = 'script_exceptions'

/** k6's own metrics (metrics/builtin.go). `time` is a trend in ms. */
export const BUILT_IN: Readonly<Record<string, MetricType | 'time'>> = {
  ...ofType('counter', ['http_reqs', 'iterations', 'dropped_iterations', 'data_sent', 'data_received']),
  // The last one is ours.
  ...ofType('counter', ['ws_sessions', 'ws_msgs_sent', 'ws_msgs_received', SCRIPT_EXCEPTIONS]),
  ...ofType('rate', ['http_req_failed', 'checks']),
  ...ofType('gauge', ['vus', 'vus_max']),
  ...ofType('time', ['http_req_duration', 'http_req_blocked', 'http_req_connecting', 'http_req_tls_handshaking']),
  ...ofType('time', ['http_req_sending', 'http_req_waiting', 'http_req_receiving', 'iteration_duration', 'group_duration']),
  // Ours: requests under way, a sample for each second.
  ...ofType('trend', [IN_FLIGHT]),
  // Ours: a sample for each, 1 where it failed.
  ...ofType('rate', [OTHER_REQUESTS]),
  ...ofType('time', ['ws_ping', 'ws_session_duration', 'ws_connecting', 'grpc_req_duration']),
}

/** Tells the type of one of k6's own metrics; null of a script's. */
export function builtInMetric(metric: string): MetricType | null {
  const known = builtIn(metric)
  return known === 'time' ? 'trend' : (known ?? null)
}

/** Tells the type of one, where `time` is a trend in ms; undefined of a script's own. */
export function builtIn(metric: string): MetricType | 'time' | undefined {
  return Object.hasOwn(BUILT_IN, metric) ? BUILT_IN[metric] : undefined
}

function ofType(type: MetricType | 'time', names: readonly string[]): Record<string, MetricType | 'time'> {
  return Object.fromEntries(names.map((name) => [name, type]))
}
