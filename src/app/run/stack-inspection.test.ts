import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseAllow } from '../../untrusted/allow-untrusted.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import { Redaction } from '../../redaction/redaction.ts'
import type { LogLevel } from '../../core/run-event.ts'
import { loadDescriptor } from '../../files/stack/file.ts'
import type { MergedStack } from '../../stack/compose/compose.ts'
import { ownStackFile } from '../paths.ts'
import { inspectionOf, stackHooks, type Inspection } from './stack-inspection.ts'

let workspace = ''
beforeEach(() => {
  workspace = realpathSync(mkdtempSync(join(tmpdir(), 'chaos-inspection-')))
})
afterEach(() => {
  rmSync(workspace, { recursive: true })
})

const NOTHING = { images: [], secrets: [], defects: null } as unknown as Descriptor

function inspection(change: Partial<Inspection> = {}): { inspect: (stack: MergedStack) => void; lines: string[] } {
  const lines: string[] = []
  const log = {
    log: (level: LogLevel, text: string): void => {
      lines.push(`${level}: ${text}`)
    },
  }
  const env = { GITHUB_WORKSPACE: workspace }
  const inspect = inspectionOf({
    ...{ descriptor: NOTHING, allow: parseAllow([]), scripts: [], k6Path: null, outDir: join(workspace, 'results'), log, env },
    ...change,
  })
  return { inspect, lines }
}

function stackWith(service: object): MergedStack {
  return { files: [], config: { services: { web: service } }, asWritten: { services: {} } }
}

test('what reaches beyond the containers is refused, with what to write to allow it', () => {
  symlinkSync('/etc', join(workspace, 'link'))
  const service = { privileged: true, volumes: [{ type: 'bind', source: join(workspace, 'link'), read_only: true }] }
  const { inspect } = inspection()
  expect(() => {
    inspect(stackWith(service))
  }).toThrow(
    expect.objectContaining({
      message:
        'the stack comes from untrusted code and reaches beyond its containers: services.web.privileged (true): it has all rights on the machine [privileged]; ' +
        `services.web.volumes[0] (${join(workspace, 'link')} → /etc): it lies outside the workspace [mount]`,
      hint: 'Nothing was built or started. If all of this may be, set allow-untrusted to privileged,mount, beside what it names already.',
    }) as Error,
  )
})

test('what is allowed by name may be, and nothing else', () => {
  const { inspect } = inspection({ allow: parseAllow(['privileged']) })
  inspect(stackWith({ privileged: true }))
  expect(() => {
    inspect(stackWith({ privileged: true, pid: 'host' }))
  }).toThrow('[host-namespace]')
})

test.each<[arg: string, isRefused: boolean]>([
  ['NPM_TOKEN', true],
  ['DATABASE_URL', true],
  ['GITHUB_SHA', false],
  ['CI', false],
  ['INPUT_TOKEN', false],
  ['NOT_SET', false],
])('a build may not ask for %s of the job by its name: %s', (arg, isRefused) => {
  writeFileSync(join(workspace, 'Dockerfile'), 'FROM scratch\n')
  const env = { GITHUB_WORKSPACE: workspace, NPM_TOKEN: 'a', DATABASE_URL: 'b', GITHUB_SHA: 'c', CI: 'true', INPUT_TOKEN: 'd' }
  const descriptor = { ...NOTHING, secrets: ['NPM_TOKEN'] }
  const { inspect } = inspection({ env, descriptor })
  const look = (): void => {
    inspect(stackWith({ build: { context: workspace, args: { [arg]: null } } }))
  }
  if (isRefused) expect(look).toThrow(`services.web.build.args.${arg}`)
  else look()
})

test.each<[path: string, why: string]>([
  ['.', 'the whole workspace'],
  ['.git', 'Git keeps'],
  ['results/logs', 'this action’s own'],
  ['app', 'hooks of Git'],
])('a container is not shown %s of the workspace: %s', (path, why) => {
  for (const folder of ['.git', 'app/deep/.git', 'data']) mkdirSync(join(workspace, folder), { recursive: true })
  const mounting = (source: string): MergedStack => stackWith({ volumes: [{ type: 'bind', source, read_only: true }] })
  const { inspect } = inspection()
  inspect(mounting(join(workspace, 'data')))
  expect(() => {
    inspect(mounting(join(workspace, path)))
  }).toThrow(why)
})

test('k6 is not shown the whole workspace, and no script is in a folder that a container writes', () => {
  expect(() => inspection({ scripts: [join(workspace, 'x.js')] })).toThrow('the whole workspace')
  const { inspect } = inspection({ scripts: [join(workspace, 'load/x.js')] })
  expect(() => {
    inspect(stackWith({ volumes: [{ type: 'bind', source: join(workspace, 'load') }] }))
  }).toThrow('load (')
})

test('many dangers are told in one bounded message', () => {
  const { inspect } = inspection()
  expect(() => {
    inspect(stackWith({ cap_add: Array.from({ length: 100 }, (_unused, index) => `EVIL_${index}`) }))
  }).toThrow('; and 80 more')
})

test('an open port is warned of, once', () => {
  const { inspect, lines } = inspection()
  const stack = stackWith({ ports: [{ target: 80, published: '8080' }] })
  inspect(stack)
  inspect(stack)
  expect(lines).toEqual(['warn: web publishes 8080 → 80 on all addresses of this machine'])
})

test('the stack that comes with the action is no danger; what its descriptor names lies in its own folders', () => {
  inspection({ descriptor: loadDescriptor(ownStackFile()) })
})

test('a k6 of the machine must be allowed before anything else is looked at', () => {
  expect(() => inspection({ k6Path: '/usr/bin/k6' })).toThrow('k6-path (/usr/bin/k6)')
  inspection({ k6Path: '/usr/bin/k6', allow: parseAllow(['host-program']) })
})

test('hooks of a trusted run only learn the secrets of its compose file', () => {
  const redaction = new Redaction()
  const ui = { log: { log: () => undefined }, env: {} }
  const hooks = stackHooks({
    request: { untrusted: null, load: { thresholds: [], model: null, k6Path: null }, outDir: workspace },
    descriptor: NOTHING,
    patterns: [],
    underLoad: null,
    redaction,
    ui,
  })
  expect(Object.keys(hooks)).toEqual(['onConfig'])
  hooks.onConfig?.({ services: { db: { environment: { DB_PASSWORD: 'hunter2' } } } })
  expect(redaction.text('hunter2')).toBe('***')
})
