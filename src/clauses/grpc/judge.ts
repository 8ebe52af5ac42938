/** Whether a gRPC request was answered by the right codes. Pure. */
import { answerName, type RequestOutcome } from '../../core/request.ts'
import type { Observation } from '../../kinds/clause.ts'
import { countTexts, listText, percentText } from '../shared/parts.ts'
import type { GrpcSpec } from './spec.ts'

export type GrpcSeen = Pick<RequestOutcome, 'status' | 'code' | 'good' | 'reason'>

/** From fewer than these nothing follows. */
const FEWEST = 20

/** `grpc pay: ≥ 97 % answered OK or UNAVAILABLE within 500 ms`. */
export function grpcText(spec: GrpcSpec): string {
  return `grpc ${spec.name}: ${expectedText(spec)}`
}

/** `steady`: why there was no answer at all before the fault; null when there was one. */
export function judgeGrpc(spec: GrpcSpec, steady: string | null, seen: readonly GrpcSeen[]): Observation {
  const expected = expectedText(spec)
  if (steady !== null) return { expected, observed: `no answer in the steady state either (${steady})`, met: null }
  const right = seen.filter((one) => isRight(spec, one)).length
  const enough = seen.length >= FEWEST
  return {
    expected,
    observed:
      `${percentText(right / seen.length)} of ${seen.length} (${countsOf(seen)})` +
      (enough ? '' : `, ${FEWEST} are needed to judge`),
    met: enough ? right >= seen.length * spec.share : null,
  }
}

function expectedText({ code, share, within_ms: limitMs }: GrpcSpec): string {
  return `≥ ${percentText(share)} answered ${code?.join(' or ') ?? 'well'} within ${limitMs} ms`
}

/** What was not whole in time has no code. */
function isRight({ code: codes }: GrpcSpec, { code, good }: GrpcSeen): boolean {
  return codes === undefined ? good : codes.some((one) => one === code)
}

/** By the answer's code, and by what was wrong where there is none, or where OK is not good; the commonest first. */
function countsOf(seen: readonly GrpcSeen[]): string {
  const names = seen.map((one) => {
    if (one.code === 'OK' && !one.good) return `OK, but ${one.reason ?? 'not good'}`
    return answerName(one) ?? one.reason ?? 'no answer'
  })
  return listText(countTexts(names), ', ') || 'none'
}
