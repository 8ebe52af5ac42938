import { expect, test } from 'vitest'
import { MACHINE as OPTIONS } from '../../test/support/strangers-machine.ts'
import { findDangers } from './dangers.ts'

function found(config: object): string[] {
  return findDangers(config, OPTIONS).map(({ allow, key }) => `${allow} ${key}`)
}

const caches = (...indexes: readonly number[]): string[] =>
  indexes.map((index) => `build services.web.build.cache_from[${index}]`)

test.each<[build: object | string, dangers: string[]]>([
  ['/work', []],
  [{ context: '/work/app', dockerfile: 'Dockerfile', args: { A: '1' }, cache_from: ['type=gha', 'a:cache'] }, []],
  [{ context: '/work/app', dockerfile: '../Dockerfile', cache_to: ['type=inline'] }, []],
  [{ context: 'https://github.com/a/b.git#main', dockerfile: 'Dockerfile' }, []],
  [{ context: '/work', additional_contexts: { base: 'docker-image://alpine', svc: 'service:db', own: '/work/b' } }, []],
  [{ context: '/' }, ['build services.web.build.context']],
  ['/etc', ['build services.web.build.context']],
  [{ context: '/work/app', dockerfile: '../../etc/passwd' }, ['build services.web.build.dockerfile']],
  [{ context: 'https://github.com/a/b.git', dockerfile: '/etc/passwd' }, ['build services.web.build.dockerfile']],
  [{ context: '/work', additional_contexts: { keys: '/home/me/.ssh' } }, ['build services.web.build.additional_contexts.keys']],
  [
    { context: '/work', additional_contexts: ['keys=oci-layout:///home/me'] },
    ['build services.web.build.additional_contexts.keys'],
  ],
  [{ context: '/work', network: 'host' }, ['host-namespace services.web.build.network']],
  [{ context: '/work', privileged: true }, ['privileged services.web.build.privileged']],
  [{ context: '/work', entitlements: ['security.insecure'] }, ['privileged services.web.build.entitlements[0]']],
  [{ context: '/work', ssh: ['default'] }, ['build services.web.build.ssh']],
  [{ context: '/work', cache_from: ['type=local,src=/etc'] }, ['build services.web.build.cache_from[0]']],
  [{ context: '/work', cache_to: ['type=local,dest=/home/me/.ssh'] }, ['build services.web.build.cache_to[0]']],
  [{ context: '/work', cache_to: ['type=registry,ref=ours/app:cache'] }, ['build services.web.build.cache_to[0]']],
  [{ context: '/work', tags: ['company/app:latest', 'chaos-1-web:dev'] }, ['build services.web.build.tags[0]']],
  [{ context: '/work', network: 'none' }, []],
  [{ context: '/work', network: 'someones_net' }, ['external services.web.build.network']],
  [{ context: '/work', network: 'container:someone' }, ['external services.web.build.network']],
  [{ context: '/work', hyper_build: true }, ['unknown-key services.web.build.hyper_build']],
  [{ context: '/work', sbom: 'generator=evil/scanner' }, ['build services.web.build.sbom']],
  [{ context: '/work', sbom: 'true', provenance: 'mode=max', shm_size: '1', extra_hosts: ['a=127.0.0.1'] }, []],
  [{ context: '/work', ulimits: { rtprio: 1 } }, ['limit services.web.build.ulimits.rtprio']],
  [{ context: '/work', args: { NPM_TOKEN: null } }, ['build services.web.build.args.NPM_TOKEN']],
  [{ context: '/work', args: ['NPM_TOKEN'] }, ['build services.web.build.args.NPM_TOKEN']],
  [{ context: '/work', args: { NPM_TOKEN: 'host-value' } }, ['build services.web.build.args.NPM_TOKEN']],
  [{ context: '/work', args: { NPM_TOKEN: 'of-the-stack', VERSION: null } }, []],
  [{ context: '/work', args: { BUILDKIT_SYNTAX: 'evil/frontend' } }, ['build services.web.build.args.BUILDKIT_SYNTAX']],
  [{ context: '/work', args: { BUILDKIT_SYNTAX: 'docker/dockerfile:1' } }, []],
  [{ context: '/work', cache_from: ['localhost:5000/a', 'type=registry,ref=10.0.0.1/a'] }, caches(0, 1)],
  [
    { context: '/work', cache_from: ['type=gha,url=http://169.254.169.254/', 'type=s3,bucket=b', '"type=local","src=/etc"'] },
    caches(0, 1, 2),
  ],
  [{ context: '/work', cache_from: ['type=registry,ref=ghcr.io/a/b:cache', 'type=local,src=/work/cache'] }, []],
  [{ context: 'http://127.0.0.1:18999/x.tar' }, ['build services.web.build.context']],
  [{ context: 'git://localhost/a.git' }, ['build services.web.build.context']],
  [{ context: 'https://metadata.google.internal/a.git' }, ['build services.web.build.context']],
  [{ context: 'ssh://git@github.com/a/b.git' }, ['build services.web.build.context']],
  [{ context: 'git@github.com:a/b.git' }, ['build services.web.build.context']],
  [{ context: 'github.com/a/b' }, []],
  [{ context: 'docker-image://localhost:5000/a' }, ['build services.web.build.context']],
  [
    {
      context: '/work',
      additional_contexts: { a: 'http://169.254.169.254/', b: 'docker-image://10.0.0.1/b', c: 'https://github.com/a/b.git' },
    },
    ['build services.web.build.additional_contexts.a', 'build services.web.build.additional_contexts.b'],
  ],
  [{ context: '/work', additional_contexts: { git: '/work/.git' } }, ['build services.web.build.additional_contexts.git']],
  [{ context: '/work/.git' }, ['build services.web.build.context', 'build services.web.build.dockerfile']],
  [{ context: '/work/results/latest/x' }, ['build services.web.build.context', 'build services.web.build.dockerfile']],
  [{ context: '/work/evil' }, ['build services.web.build.dockerfile']],
  [{ context: '/work', dockerfile: 'evil/Dockerfile' }, ['build services.web.build.dockerfile']],
  [{ context: '/work', dockerfile: 'Dockerfile-link' }, ['build services.web.build.dockerfile']],
  [{ context: '/work', dockerfile: 'Dockerfile-inner-link' }, ['build services.web.build.dockerfile']],
  [{ context: '/work', dockerfile: 'not-there' }, ['build services.web.build.dockerfile']],
  [{ context: '/work', dockerfile_inline: 'FROM a\nADD http://10.0.0.1/x /x' }, ['build services.web.build.dockerfile_inline']],
  [
    { context: 'https://github.com/a/b.git', dockerfile_inline: 'FROM 127.0.0.1:5000/a' },
    ['build services.web.build.dockerfile_inline'],
  ],
  [
    { context: '/work', args: { R: '127.0.0.1:5000' }, dockerfile_inline: 'ARG R\nFROM $R/a' },
    ['build services.web.build.dockerfile_inline'],
  ],
])('the build %j: %j', (build, dangers) => {
  expect(found({ name: 'chaos-1', services: { web: { build } } })).toEqual(dangers)
})

test('what is built has a name of the run’s own', () => {
  const build = { context: '/work' }
  const images = (image: string): string[] => found({ name: 'chaos-1', services: { web: { image, build } } })
  expect(images('debian:trixie-slim')).toEqual(['build services.web.image'])
  expect(images('shop/api:dev')).toEqual(['build services.web.image'])
  expect(images('chaos-1-web:dev')).toEqual([])
  // Only to run one is to run what is there.
  expect(found({ services: { web: { image: 'debian:trixie-slim' } } })).toEqual([])
})

test.each<[service: object, dangers: string[]]>([
  [{ build: { context: '/work/b' } }, ['build.context']],
  [{ build: { context: '/work/b/c' } }, ['build.context']],
  [{ build: { context: '/work', dockerfile: 'b/Dockerfile' } }, ['build.dockerfile']],
  [{ build: { context: '/work', additional_contexts: { x: '/work/b' } } }, ['build.additional_contexts.x']],
  [{ build: { context: '/work' } }, []],
  [{ build: { context: '/work/bb' } }, []],
])('where a container may write nothing is built: %j', (service, dangers) => {
  const other = { image: 'a', volumes: [{ type: 'bind', source: '/work/b', target: '/b' }] }
  expect(found({ services: { web: service, other } })).toEqual(dangers.map((key) => `build services.web.${key}`))
})

test.each<[config: string, isDanger: boolean]>([
  ['[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic eA==', true],
  ['[remote "origin"] url = https://x-access-token:abc@github.com/octo/shop', true],
  ['[remote "origin"]\n\turl = https://github.com/octo/shop', false],
  ['[remote "origin"]\n\turl = git@github.com:octo/shop', false],
])('a context whose checkout is configured by %j holds a token: %s', (config, isDanger) => {
  const plainFile = (path: string): string | null => (path === '/work/.git/config' ? config : OPTIONS.plainFile(path))
  const dangers = (context: string): string[] =>
    findDangers({ services: { web: { build: { context } } } }, { ...OPTIONS, plainFile }).map(({ key }) => key)
  expect(dangers('/work')).toEqual(isDanger ? ['services.web.build.context'] : [])
  expect(dangers('/work/app')).toEqual([])
})

test('a danger of a Dockerfile says its line', () => {
  expect(findDangers({ services: { web: { build: '/work/evil' } } }, OPTIONS)).toMatchObject([
    { key: 'services.web.build.dockerfile', what: 'line 2: ADD http://127.0.0.1/x' },
  ])
})
