/** A stack of a stranger's: what was judged is what is started, and what was refused has left nothing. */
import { readFileSync, writeFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AllowKind } from '../../src/untrusted/allow-untrusted.ts'
import type { Descriptor } from '../../src/core/descriptor.ts'
import { inspectionOf } from '../../src/app/run/stack-inspection.ts'
import type { MergedStack } from '../../src/stack/compose/compose.ts'
import { bringUp } from '../../src/stack/stack.ts'
import { docker, leftoversOf, pairDescriptor, signal, STACKS, testRun } from './stack-fixture.ts'

let workspace: string

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'chaos-untrusted-'))
  for (const name of ['pair', 'server.mjs']) await cp(join(STACKS, name), join(workspace, name), { recursive: true })
})

afterEach(async () => {
  await rm(workspace, { recursive: true })
})

const composeFile = (): string => join(workspace, 'pair', 'compose.yml')

function strangers(): Descriptor {
  return pairDescriptor({ file: join(workspace, 'pair', 'stack.json'), composeFiles: [composeFile()] })
}

function judge(allow: readonly AllowKind[] = []): (stack: MergedStack) => void {
  const env = { GITHUB_WORKSPACE: workspace }
  const log = { log: () => undefined }
  const outDir = join(workspace, 'results')
  return inspectionOf({ descriptor: strangers(), allow: new Set(allow), scripts: [], k6Path: null, outDir, log, env })
}

/** Of every service, what would let it out of its container. */
function askFor(what: string): void {
  const text = readFileSync(composeFile(), 'utf8')
  writeFileSync(composeFile(), text.replaceAll(/^ {2}(web|toxiproxy):$/gm, `  $1:\n    ${what}`))
}

async function privileged(runId: string): Promise<[name: string, privileged: boolean][]> {
  const listed = await docker.listContainers({ all: true, filters: { label: [`com.docker.compose.project=chaos-${runId}`] } })
  const all = await Promise.all(listed.map(({ Id }) => docker.getContainer(Id).inspect()))
  return all.map(({ Name, HostConfig }): [string, boolean] => [Name, HostConfig.Privileged ?? false]).sort()
}

test('files that change after the judgement change nothing: neither what is started nor what is added later', async () => {
  await using run = await testRun()
  const inspect = judge()
  let looks = 0
  const stack = await bringUp(
    run.options(strangers(), {
      inspect(merged) {
        looks += 1
        inspect(merged)
      },
      // Between the last judgement and the start.
      onConfig() {
        expect(looks).toBe(2)
        askFor('privileged: true')
        writeFileSync(join(workspace, 'pair', '.env'), 'PLAIN=from the file\n')
      },
    }),
  )
  const added = await stack.scaleUp('web', signal())
  expect(await privileged(run.runId)).toEqual([
    [`/chaos-${run.runId}-toxiproxy-1`, false],
    [`/chaos-${run.runId}-web-1`, false],
    [`/chaos-${run.runId}-web-2`, false],
    [`/${added.name}`, false],
  ])
  const { Config } = await docker.getContainer(added.id).inspect()
  expect(Config.Env).toContain('PLAIN=absent')
  await stack.down(signal())
  expect(await leftoversOf(run.runId)).toEqual([])
})

test('a file that changes between the two judgements is judged as it is when it is started', async () => {
  await using run = await testRun()
  const inspect = judge()
  const asked: string[] = []
  const options = run.options(strangers(), {
    inspect(merged) {
      asked.push(JSON.stringify(merged.config).includes('"privileged":true') ? 'privileged' : 'plain')
      inspect(merged)
      askFor('privileged: true')
    },
  })
  await expect(bringUp(options)).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('privileged') as string,
  })
  expect(asked).toEqual(['plain', 'privileged'])
  expect(await leftoversOf(run.runId)).toEqual([])
})

test.each<[what: string, allow: AllowKind]>([
  ['privileged: true', 'privileged'],
  ['pid: host', 'host-namespace'],
  ['devices: ["/dev/null:/dev/x"]', 'device'],
])('%s is refused before anything is started, and started when it is allowed by name', async (what, allow) => {
  await using run = await testRun()
  askFor(what)
  const options = run.options(strangers(), { inspect: judge() })
  await expect(bringUp(options)).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining(`[${allow}]`) as string,
  })
  expect(await leftoversOf(run.runId)).toEqual([])
  const stack = await bringUp({ ...options, inspect: judge([allow]) })
  expect(await stack.unhealthy(signal())).toBeNull()
  await stack.down(signal())
})
