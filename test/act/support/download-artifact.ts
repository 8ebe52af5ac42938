/** The program of the stand-in for actions/download-artifact. */
import { join } from 'node:path'
import { DefaultArtifactClient } from '@actions/artifact'

const id = Number(process.env['INPUT_ARTIFACT-IDS'])
const path = join(process.env['GITHUB_WORKSPACE'] ?? '', process.env['INPUT_PATH'] ?? '')
const { downloadPath } = await new DefaultArtifactClient().downloadArtifact(id, { path })
process.stdout.write(`artifact ${String(id)} is in ${downloadPath ?? '?'}\n`)
