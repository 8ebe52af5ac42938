/** Mode `cleanup`: what dead runs left on this machine. */
import { FAULTS } from '../../faults/registry.ts'
import { withCommandsStopped } from '../../github/step/foreign-output.ts'
import { annotateWarning } from '../../github/check/annotations.ts'
import { setVerdict } from '../../github/step/outputs.ts'
import { consoleText } from '../../report/escape.ts'
import { createDockerClient } from '../../stack/docker/client.ts'
import { stdoutLogger, type ActionStep, type StepEnd } from './step.ts'
import { USAGE_EXIT_CODE } from '../exit-code.ts'
import { prepareToolboxImage } from '../images.ts'
import { stateDir } from '../paths.ts'
import { cleanupLines, cleanupRuns } from '../cleanup/undo.ts'

export async function actionCleanup({ cancel: { signal } }: ActionStep): Promise<StepEnd> {
  const report = await withCommandsStopped(async () => {
    const docker = createDockerClient()
    const toolboxImage = await prepareToolboxImage({ docker, log: stdoutLogger, env: process.env, signal })
    const folder = stateDir(process.env)
    return cleanupRuns({ docker, stateDir: folder, faults: FAULTS, toolboxImage, log: stdoutLogger, signal }, null)
  })
  setVerdict('')
  for (const [line, ...problems] of report.runs.map(cleanupLines)) {
    process.stdout.write(`run ${consoleText(line)}\n`)
    for (const problem of problems) annotateWarning(consoleText(problem, 1_000))
  }
  return { exitCode: report.runs.some(({ problems }) => problems.length > 0) ? USAGE_EXIT_CODE : 0, mustExit: false }
}
