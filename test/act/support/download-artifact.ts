/** The program of the stand-in for actions/download-artifact: one artifact by its id, or each that a pattern fits, by name. */
import { join, matchesGlob } from 'node:path'
import { DefaultArtifactClient } from '@actions/artifact'

const { env } = process
const client = new DefaultArtifactClient()
const path = join(env['GITHUB_WORKSPACE'] ?? '', env['INPUT_PATH'] ?? '')
const pattern = env['INPUT_PATTERN'] ?? ''

async function download(id: number, into: string): Promise<void> {
  const { downloadPath } = await client.downloadArtifact(id, { path: into })
  process.stdout.write(`artifact ${id} is in ${downloadPath ?? '?'}\n`)
}

if (pattern === '') await download(Number(env['INPUT_ARTIFACT-IDS']), path)
else {
  const { artifacts } = await client.listArtifacts({ latest: true })
  for (const { id, name } of artifacts) if (matchesGlob(name, pattern)) await download(id, join(path, name))
}
