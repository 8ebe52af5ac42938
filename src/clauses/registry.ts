/** All clauses that `expect` may hold, in the order in which the published schema and the README have them. */
import { canaryClause } from './canary/clause.ts'
import { containerClause } from './container/clause.ts'
import { grpcClause } from './grpc/clause.ts'
import { healthPageClause } from './health-page/clause.ts'
import { loadClause } from './load/clause.ts'
import { logGapsClause } from './log-gaps/clause.ts'
import { logClause } from './log/clause.ts'
import { metricClause } from './metric/clause.ts'
import { newConnectionsClause } from './new-connections/clause.ts'
import { poolClause } from './pool/clause.ts'
import { requestClause } from './request/clause.ts'
import { workloadClause } from './workload/clause.ts'

export const CLAUSES = [
  canaryClause,
  requestClause,
  grpcClause,
  logGapsClause,
  containerClause,
  poolClause,
  workloadClause,
  metricClause,
  logClause,
  newConnectionsClause,
  healthPageClause,
  loadClause,
] as const
