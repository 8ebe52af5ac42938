/** Labels that say what is ours, and whose. Everything that a run creates in Docker carries the first one. */

/** Value: the run's id. A sweep touches nothing that lacks it. */
export const RUN_LABEL = 'chaos-action.run'
/** On what we put beside the stack: toolbox helpers, k6. The containers of the stack have none. */
export const ROLE_LABEL = 'chaos-action.role'
export const TOOLBOX_ROLE = 'toolbox'
export const K6_ROLE = 'k6'
/** On the stack's toxiproxy; value: the port of its API. */
export const TOXIPROXY_LABEL = 'chaos-action.toxiproxy'
/** On images that we build; value: the repository, by which older builds are found again. */
export const IMAGE_LABEL = 'chaos-action.image'
/** On images that a release publishes; value: the tag that says their content, so that none is taken for another. */
export const CONTENT_LABEL = 'chaos-action.content'

export const COMPOSE_SERVICE_LABEL = 'com.docker.compose.service'
export const COMPOSE_PROJECT_LABEL = 'com.docker.compose.project'

const RUN_ID = /^[a-z0-9][a-z0-9-]{0,39}$/

/** The compose project of a run. @throws RangeError for an id that compose would refuse. */
export function projectName(runId: string): string {
  if (!RUN_ID.test(runId)) throw new RangeError(`run id "${runId}" must match ${RUN_ID.source}`)
  return `chaos-${runId}`
}
