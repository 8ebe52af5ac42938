import { ChaosError } from '../../core/errors.ts'

/** `purpose`: as in "to look at". @throws TARGET_NOT_FOUND when the service has no container. */
export function someContainers<T>(service: string, containers: readonly T[], purpose: string): readonly T[] {
  if (containers.length > 0) return containers
  throw new ChaosError('TARGET_NOT_FOUND', `the stack has no container of the service '${service}' ${purpose}`)
}
