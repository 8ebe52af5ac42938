/** Mode `cleanup`: what dead runs left on this machine. */
import { FAULTS } from '../../faults/registry.ts'
import { withCommandsStopped } from '../../github/step/foreign-output.ts'
import { annotateWarning } from '../../github/check/annotations.ts'
import { setVerdict } from '../../github/step/outputs.ts'
import { consoleText } from '../../report/escape.ts'
import { createDockerClient } from '../../stack/docker/client.ts'
import { stdoutLogger, type ActionStep, type StepEnd } from './step.ts'
import { prepareToolboxImage } from '../images.ts'
import { stateDir } from '../paths.ts'
import { cleanupRuns } from '../cleanup/undo.ts'

const USAGE_EXIT_CODE = 2

export async function actionCleanup({ cancel: { signal } }: ActionStep): Promise<StepEnd> {
  const report = await withCommandsStopped(async () => {
    const docker = createDockerClient()
    const toolboxImage = await prepareToolboxImage({ docker, log: stdoutLogger, env: process.env, signal })
    const folder = stateDir(process.env)
    return cleanupRuns({ docker, stateDir: folder, faults: FAULTS, toolboxImage, log: stdoutLogger, signal }, null)
  })
  setVerdict('')
  for (const { runId, leftAlone, undone, removed, problems } of report.runs) {
    const what =
      leftAlone === null ? `${String(undone)} faults undone, ${String(removed)} objects removed` : `left alone: ${leftAlone}`
    process.stdout.write(`run ${runId}: ${consoleText(what)}\n`)
    for (const problem of problems) annotateWarning(consoleText(`not removed: ${problem}`, 1_000))
  }
  return { exitCode: report.runs.some(({ problems }) => problems.length > 0) ? USAGE_EXIT_CODE : 0, mustExit: false }
}
