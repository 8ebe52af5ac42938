/**
 * A runner for the tests to kill: starts a helper with 30 % loss in a container's network and says `installed`.
 * Arguments: image, run id, helper name, container, port, lease in ms, and `stay` or `forget`.
 */
import { createDockerClient } from '../../../src/stack/docker/client.ts'
import { createToolbox } from '../../../src/stack/helper/toolbox.ts'

const [image = '', runId = '', name = '', container = '', port = '', ttlMs = '', then = ''] = process.argv.slice(2)
const toolbox = createToolbox({ docker: createDockerClient(), image, runId, log: { log: () => undefined } })
const request = { name, attachTo: { container }, pid: 'own', capabilities: ['NET_ADMIN'], ttlMs: Number(ttlMs) } as const
const helper = await toolbox.start(request, AbortSignal.timeout(30_000))
await helper.call('loss.install', { port: Number(port), side: 'server', percent: 30 }, AbortSignal.timeout(10_000))
process.stdout.write('installed\n')
if (then === 'stay') setInterval(() => undefined, 1_000)
