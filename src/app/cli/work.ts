/**
 * What the commands do, in one place that is loaded when one of them starts: help, a version and a misspelt flag need none of
 * it, and reading it takes longer than starting Node.
 */
export { runValidate } from '../../files/validate.ts'
export { parseResult } from '../../files/result/parse.ts'
export { FAULTS } from '../../faults/registry.ts'
export { consoleFormat } from '../../report/formats/console/format.ts'
export { consoleProgress } from '../../report/live/console-progress.ts'
export { render } from '../../report/render.ts'
export { createDockerClient } from '../../stack/docker/client.ts'
export { fileReporter } from '../file-reporter.ts'
export { prepareImages, prepareToolboxImage, publishedToolboxName } from '../images.ts'
export { addressLoadRequestOf } from '../load/request.ts'
export { runAddressLoad, runAddressSegment } from '../load/run.ts'
export { runMerge } from '../load/merge.ts'
export { loadPlan } from '../run/plan.ts'
export { runChaos } from '../run/run.ts'
export { RUNNERS_FOLDER } from '../load/runner-results.ts'
export { TESTRUN_FILE, writeTestRun } from '../load/testrun.ts'
export { cleanupLines, cleanupRuns } from '../cleanup/undo.ts'
