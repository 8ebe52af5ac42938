/** queen-rbee: takes tasks from clients and gets them done by the hive. */
import { readInteger, readUrl } from '../shared/env.ts'
import { runService } from '../shared/lifecycle.ts'
import { queenIntake, upstreamPolicy } from './policy.ts'
import { startQueen } from './queen.ts'

runService('queen-rbee', ({ env, log, token, defects }) =>
  startQueen({
    host: '0.0.0.0',
    port: readInteger(env, 'LLORCH_QUEEN_PORT', 8081, { minimum: 1, maximum: 65_535 }),
    token,
    hiveOrigin: readUrl(env, 'LLORCH_HIVE_URL', 'http://toxiproxy:9200'),
    warmConnections: readInteger(env, 'QUEEN_WARM_CONNECTIONS', 24, { minimum: 0, maximum: 256 }),
    admission: {
      active: readInteger(env, 'QUEEN_MAX_ACTIVE', 1024, { minimum: 1, maximum: 100_000 }),
      waiting: readInteger(env, 'QUEEN_MAX_WAITING', 4096, { minimum: 0, maximum: 100_000 }),
    },
    policy: upstreamPolicy(defects),
    intake: queenIntake(defects),
    log,
  }),
)
