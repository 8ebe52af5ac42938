/** What becomes of GPU memory on a machine that has none to give: the reason goes with whatever is done instead. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import type { Descriptor } from '../../src/core/descriptor.ts'
import type { FaultRequest } from '../../src/kinds/fault.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { vram } from '../../src/faults/vram/fault.ts'
import { runFault } from './faults-context.ts'
import { openRig, type OpenRig } from './faults-rig.ts'
import { ask, larderDescriptor } from './larder.ts'
import { docker, signal } from './stack-fixture.ts'

const usedUp = (target = 'device'): FaultRequest => vram.request({ target, percent: 100 })
/** On a machine with a GPU the containers of this stack still have none. */
const NOTHING_TO_GIVE = /Docker (has no NVIDIA GPU to give: |gives the containers of 'device' none)/

let rig: OpenRig

beforeAll(async () => {
  rig = await openRig(larderDescriptor())
  const options = { everyMs: 100, attemptMs: 5_000, limitMs: 30_000, signal: signal(), clock: systemClock }
  for (const name of ['gate', 'device']) {
    await waitUntil(
      `an answer of ${name}`,
      () => ask(rig, name, '/'),
      ({ status }) => status === 200,
      options,
    )
  }
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

function onGpu(changes: Partial<Descriptor> = {}): OpenRig {
  const services = larderDescriptor().services.map((service) => ({ ...service, gpu: service.name === 'device' }))
  return { ...rig, stack: { ...rig.stack, descriptor: larderDescriptor({ services, ...changes }) } }
}

async function helpers(): Promise<string[]> {
  const found = await docker.listContainers({ all: true, filters: { label: [`chaos-action.run=${rig.runId}`] } })
  return found.filter(({ Labels }) => Labels['chaos-action.role'] === 'toolbox').map(({ Names }) => Names.join())
}

test('it is simulated where the descriptor says how, and says why', async () => {
  const { evidence, leftovers, planned } = await runFault(onGpu(), usedUp(), { inject: true, windowMs: 2_500 })
  expect(evidence.reasons).toEqual([])
  expect(evidence.mechanism).toMatch(/^simulated: ordinary long requests hold 100 % .* no GPU is involved: /)
  expect(evidence.mechanism).toMatch(NOTHING_TO_GIVE)
  expect(evidence.measures).toMatchObject({ simulated: true })
  expect(planned.description.mechanism).toBe(evidence.mechanism)
  expect(leftovers.after).toEqual([])
  expect(await helpers()).toHaveLength(1)
})

test('it is simulated as well where nobody says that there would be a GPU, and none is looked for', async () => {
  const { evidence } = await runFault(rig, usedUp(), { inject: true, windowMs: 2_500 })
  expect(evidence.reasons).toEqual([])
  expect(evidence.mechanism).toMatch(/no GPU is involved: the descriptor says of no GPU that 'device' would use$/)
})

test('it is skipped where the descriptor does not say how', async () => {
  for (const [on, target] of [
    [onGpu({ vram: null }), 'device'],
    [onGpu(), 'store'],
  ] as const) {
    const refusal = runFault(on, usedUp(target), { inject: false })
    const why = target === 'device' ? NOTHING_TO_GIVE : /no GPU that 'store' would use; .* only those of 'device'$/
    await expect(refusal).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: expect.stringMatching(why) as string,
    })
  }
  expect(await helpers()).toHaveLength(1)
})
