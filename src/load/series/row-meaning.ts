/** What the tags of a sample say of it. Pure. */
import type { RowTags } from './csv/row.ts'
import type { Phase } from './load-start.ts'

/** A sample of one of these is a request. A stream of gRPC is one; so is a session of WebSocket, told when it is open. */
const NOT_HTTP = new Set(['ws_sessions', 'grpc_req_duration'])
/** The status of one that was answered: of a WebSocket the change of protocols, of gRPC its code OK. */
const ANSWERED = new Set(['101', '0', 'OK'])

export function isOtherRequest(metric: string): boolean {
  return NOT_HTTP.has(metric)
}

/** The script's own word; of an HTTP sample without one, whether k6 expected the answer. Other samples have none. */
export function outcomeOf(metric: string, tags: RowTags): string {
  const own = tags.get('outcome')
  if (own !== '') return own
  if (NOT_HTTP.has(metric)) return ANSWERED.has(tags.get('status')) ? 'served' : 'failed'
  if (!metric.startsWith('http_req')) return ''
  return tags.get('expected_response') === 'true' ? 'served' : 'failed'
}

/** A status is HTTP's; of gRPC it is the number of its code. */
export function errorOf(metric: string, status: string, code: string): string {
  if (metric === 'grpc_req_duration') return `gRPC ${status || 'unknown'}`
  return status === '' || status === '0' ? `error ${code || 'unknown'}` : status
}

/** k6 names the groups of setup() and teardown() itself, and gives their samples no scenario. */
export function phaseOf(metric: string, tags: RowTags): Phase {
  if (metric === 'vus' || metric === 'vus_max') return 'users'
  if (tags.get('scenario') !== '') return 'load'
  const [, outermost = ''] = tags.get('group').split('::')
  return outermost === 'setup' || outermost === 'teardown' ? outermost : 'load'
}
