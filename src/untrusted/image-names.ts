/**
 * Names for what a stack builds. All of a machine share them, and they stay when the run is over: a build that is named
 * `debian:trixie-slim`, or as an image of another project, is what everybody starts from then on that asks for that name. No
 * list says which names are somebody's, so those are left that are the run's own: none, for which Compose takes the project
 * and the service, or one that begins with the project, `${COMPOSE_PROJECT_NAME}-web`. Pure.
 */

/**
 * @param project - Of the run, as Compose was given it; null where it is not known.
 * @returns null for a name of the run's own.
 */
export function nameProblem(image: string, project: string | null): string | null {
  if (image === '' || (project !== null && project !== '' && isOwn(image, project))) return null
  return 'the image would be known to everybody on the machine by this name, in place of one that had it; leave it out, or begin it with ${COMPOSE_PROJECT_NAME}-'
}

/** On Docker Hub's side of no registry and of no one's account. */
function isOwn(image: string, project: string): boolean {
  return image.startsWith(`${project}-`) && /^[\w.-]+(:[\w.-]+)?$/.test(image)
}
