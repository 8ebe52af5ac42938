/** The small stack, the toolbox image from this very source, and an observer on the stack's network. */
import type { Descriptor } from '../../src/core/descriptor.ts'
import type { ToolboxPort } from '../../src/ports/toolbox.ts'
import type { ToolboxAvoidable } from '../../src/core/toolbox.ts'
import { bringUp } from '../../src/stack/stack.ts'
import { createToolbox } from '../../src/stack/helper/toolbox.ts'
import { createToxiproxy } from '../../src/stack/links/toxiproxy.ts'
import type { Rig } from './faults-context.ts'
import { docker, leftoversOf, signal, testRun } from './stack-fixture.ts'
import { toolboxImage } from './support/toolbox-image.ts'

export interface OpenRig extends Rig, AsyncDisposable {
  /** A toolbox whose helpers do without a mechanism, as on a kernel that lacks it. */
  avoiding(mechanism: ToolboxAvoidable): ToolboxPort
}

/** `env`: what compose files and secrets may use; the machine's by default. */
export async function openRig(descriptor: Descriptor, env: NodeJS.ProcessEnv = process.env): Promise<OpenRig> {
  const image = toolboxImage()
  const run = await testRun()
  try {
    const stack = await bringUp(run.options(descriptor, { env, toxiproxyAt: createToxiproxy }))
    const logged: string[] = []
    const log = { log: (level: string, text: string): void => void logged.push(`${level} ${text}`) }
    const toolbox = createToolbox({ docker, image, runId: run.runId, log })
    const observer = await toolbox.start(
      { name: `chaos-${run.runId}-observer`, attachTo: { network: stack.network }, pid: 'own', capabilities: [], ttlMs: 30_000 },
      signal(),
    )
    const dispose = async (): Promise<void> => {
      await toolbox.stop(observer.name, signal(20_000))
      await stack.down(signal())
      // Before the run's own end, which sweeps.
      const left = await leftoversOf(run.runId)
      await run[Symbol.asyncDispose]()
      if (left.length > 0) throw new Error(`the stack left ${left.join(', ')}`)
    }
    const avoiding = (mechanism: ToolboxAvoidable): ToolboxPort =>
      createToolbox({ docker, image, runId: run.runId, log, avoid: [mechanism] })
    return { runId: run.runId, stack, toolbox, observer, logged, hits: [], avoiding, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await run[Symbol.asyncDispose]()
    throw error
  }
}
