/** rbee-hive: keeps the pool of workers and gets jobs done by them. */
import { readInteger, readText } from '../shared/env.ts'
import { runService } from '../shared/lifecycle.ts'
import { startHive } from './hive.ts'
import { hivePolicy } from './policy.ts'

runService('rbee-hive', ({ env, log, token, defects }) =>
  startHive({
    host: '0.0.0.0',
    port: readInteger(env, 'LLORCH_HIVE_PORT', 9201, { minimum: 1, maximum: 65_535 }),
    token,
    folder: readText(env, 'HIVE_DATA_DIR', '/data'),
    policy: hivePolicy(defects),
    log,
  }),
)
