/** What the post step does between the undoing of faults and the removal by label. */
import type { Logger } from '../../ports/reporter.ts'
import { composeDown } from '../../stack/compose/down.ts'
import { createSpawnExec } from '../../stack/programs/spawn-exec.ts'
import { collectLeftoverLogs, type LeftoverLogsOptions } from '../cleanup/collect-leftover-logs.ts'
import type { CleanupStep } from '../cleanup/undo.ts'

/** For `cleanupRuns`, which gives each of them a try of its own. */
export function postSteps(options: LeftoverLogsOptions & { readonly log: Logger }): CleanupStep[] {
  const { docker, env, log } = options
  return [
    {
      name: 'collecting the logs of containers that are left',
      async run(runId, signal) {
        const files = await collectLeftoverLogs(options, runId, signal)
        if (files.length > 0) log.log('info', `logs of ${String(files.length)} services were saved`)
      },
    },
    {
      name: 'taking the stack down',
      run: (runId, signal) => composeDown({ docker, exec: createSpawnExec(), env, log }, runId, signal),
    },
  ]
}
