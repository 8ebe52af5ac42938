/** What a stack's descriptor asks for that reaches beyond its own containers. Pure but for what the ground looks at. */
import { dirname } from 'node:path'
import type { Descriptor } from '../core/descriptor.ts'
import { contextDangers } from './context.ts'
import { shown, type Danger } from './danger.ts'
import { groundOf, type DangerOptions, type Ground } from './ground.ts'

/** Variables that say what Docker's programs do, and which programs those are. */
const MEANT_FOR_PROGRAMS =
  /^(PATH|HOME|SHELL|IFS|ENV|TMPDIR|GODEBUG|.*_PROXY|(LD|DYLD|DOCKER|COMPOSE|BUILDX|BUILDKIT|GIT|SSH|NODE|XDG|OTEL)_.*)$/i

/**
 * Of the stack's descriptor, whose images are built, and whose variables are set, before any compose file is read.
 * @param scripts of load patterns, absolute: k6 gets the folder of each.
 */
export function findDescriptorDangers(
  { images, secrets, defects }: Pick<Descriptor, 'images' | 'secrets' | 'defects'>,
  scripts: readonly string[],
  options: DangerOptions,
): Danger[] {
  const ground = groundOf(options)
  const contexts = images.flatMap(({ service, context }, index): Danger[] => {
    const found: Danger[] = []
    const image = { context, dockerfile: '', inline: null, more: [], args: new Map<string, string>() }
    contextDangers(image, ground, new Set(), (key, what, why) => {
      found.push({ service, key: `images[${index}].${key}`, what: shown(what), why, allow: 'build' })
    })
    return found
  })
  const variables = [
    ...images.map(({ variable }, index) => ({ key: `images[${index}].variable`, name: variable })),
    ...secrets.map((name, index) => ({ key: `secrets[${index}]`, name })),
    ...(defects === null ? [] : [{ key: 'defects.variable', name: defects.variable }]),
  ]
  const why = 'the variable changes what Docker’s programs do on the machine'
  return [
    ...contexts,
    ...scripts.flatMap((script) => scriptDangers(script, ground)),
    ...variables
      .filter(({ name }) => MEANT_FOR_PROGRAMS.test(name))
      .map(({ key, name }): Danger => ({ service: null, key, what: name, why, allow: 'host-program' })),
  ]
}

/** k6 gets all of a script's folder, and sends what it likes to where it likes. */
function scriptDangers(script: string, ground: Ground): Danger[] {
  const folder = dirname(script)
  const why = ground.isInside(folder) ? ground.keptProblem(folder) : 'its folder lies outside the workspace'
  if (why === null) return []
  return [{ service: null, key: 'load', what: shown(script), why: `k6 gets all of its folder: ${why}`, allow: 'mount' }]
}
