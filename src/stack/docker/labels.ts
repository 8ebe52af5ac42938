/** Labels that say what is ours, and whose. Everything that a run creates in Docker carries the first one. */

/** Value: the run's id. A sweep touches nothing that lacks it. */
export const RUN_LABEL = 'chaos-action.run'
/** On what belongs to one of several stacks of a run; value: the stack's number. */
const STACK_LABEL = 'chaos-action.stack'
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

/** Whose an object in Docker is: a run's, and of one of its stacks where it has several side by side. */
export interface Owner {
  readonly runId: string
  /** From 1; left out for all of the run, and where it has one stack only. */
  readonly stack?: number | undefined
}

/** What is put on everything that the owner creates. */
export function ownerLabels({ runId, stack }: Owner): Record<string, string> {
  return { [RUN_LABEL]: runId, ...(stack === undefined ? {} : { [STACK_LABEL]: String(stack) }) }
}

/** By which all of it is found again, in the form of Docker's filter `label`. */
export function ownerFilter(owner: Owner): string[] {
  return Object.entries(ownerLabels(owner)).map(([key, value]) => `${key}=${value}`)
}

/** For names, as of its compose project: no two stacks share it. @throws RangeError for an id that compose would refuse. */
export function ownerName({ runId, stack }: Owner): string {
  if (!RUN_ID.test(runId)) throw new RangeError(`run id "${runId}" must match ${RUN_ID.source}`)
  // No id has an underscore, so that no run is taken for the second stack of another.
  return `chaos-${runId}${stack === undefined ? '' : `_${stack}`}`
}

/** Whether a compose project is that of a stack of the run. */
export function isProjectOf(project: string, runId: string): boolean {
  const own = ownerName({ runId })
  return project === own || (project.startsWith(`${own}_`) && /^\d+$/.test(project.slice(own.length + 1)))
}
