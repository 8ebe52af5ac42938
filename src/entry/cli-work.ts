/**
 * What the commands do, in one place that is loaded when one of them starts: help, a version and a misspelt flag need none of
 * it, and reading it takes longer than starting Node.
 */
export { runValidate } from '../config/validate-command.ts'
export { parseResult } from '../config/result-schema.ts'
export { loadDescriptor } from '../config/stack-file.ts'
export { FAULTS } from '../faults/registry.ts'
export { consoleFormat } from '../report/formats/console/format.ts'
export { consoleProgress } from '../report/live/console-progress.ts'
export { render } from '../report/render.ts'
export { createDockerClient } from '../runtime/docker-client.ts'
export { fileReporter } from './file-reporter.ts'
export { prepareImages, prepareToolboxImage, publishedToolboxName } from './images.ts'
export { runAddressLoad, runAddressSegment } from './load-run.ts'
export { runMerge } from './merge-run.ts'
export { choosePatterns, loadPlan } from './plan.ts'
export { newRunId, runChaos } from './run.ts'
export { RUNNERS_FOLDER } from './runner-results.ts'
export { TESTRUN_FILE, writeTestRun } from './testrun-run.ts'
export { cleanupRuns } from './undo.ts'
