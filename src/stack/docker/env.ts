/** The environment of `docker` and `docker compose`. */
import { composeTexts } from '../compose/used-names.ts'
import { childEnv, declaredSecrets } from '../programs/child-env.ts'

export interface DockerEnvOptions {
  readonly source: Readonly<Record<string, string | undefined>>
  readonly composeFiles: readonly string[]
  /** Names that the stack's descriptor declares. */
  readonly secrets: readonly string[]
  readonly add: Readonly<Record<string, string>>
}

/**
 * What the compose files may see: see child-env. The daemon is named outright, because the programs would follow the
 * current docker context, which our own client does not know.
 */
export async function dockerEnv(options: DockerEnvOptions): Promise<Record<string, string>> {
  const texts = await composeTexts(options.composeFiles, options.source)
  const declared = new Set([...options.secrets, ...declaredSecrets(options.source, texts)])
  return { DOCKER_HOST: 'unix:///var/run/docker.sock', ...childEnv(options.source, { declared, add: options.add }) }
}
