/* The folder that CHAOS_ACT_REPOSITORIES, a JSON object, has for OWNER/REPO@REF. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'

const { env } = process
const folders = JSON.parse(env.CHAOS_ACT_REPOSITORIES ?? '{}')
const wanted = `${env.INPUT_REPOSITORY}@${env.INPUT_REF}`
const folder = folders[wanted]
if (folder === undefined) throw new Error(`nothing stands in for ${wanted}; there is ${Object.keys(folders).join(', ')}`)
cpSync(folder, join(env.GITHUB_WORKSPACE, env.INPUT_PATH), { recursive: true })
process.stdout.write(`${wanted} is ${folder}\n`)
