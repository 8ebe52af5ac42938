import { expect, test } from 'vitest'
import { MACHINE as OPTIONS } from '../../test/support/strangers-machine.ts'
import { findDescriptorDangers } from './descriptor.ts'

test('images that the descriptor has built come from the workspace', () => {
  const image = { variable: 'A', service: 'a', repository: 'r', context: '/work/app' }
  const images = ['/etc', '/work/evil'].map((context) => ({ ...image, context }))
  const descriptor = { images: [image, ...images], secrets: ['TOKEN'], defects: null }
  expect(
    findDescriptorDangers(
      descriptor,
      ['/work/load/a.js', '/work/etc-link/b.js', '/work/x.js', '/work/nested/y.js', '/work/.git/z.js'],
      OPTIONS,
    ),
  ).toMatchObject([
    { service: 'a', key: 'images[1].context', allow: 'build' },
    { service: 'a', key: 'images[2].dockerfile', allow: 'build' },
    { service: null, key: 'load', what: '/work/etc-link/b.js', allow: 'mount' },
    { service: null, key: 'load', what: '/work/x.js', allow: 'mount' },
    { service: null, key: 'load', what: '/work/nested/y.js', allow: 'mount' },
    { service: null, key: 'load', what: '/work/.git/z.js', allow: 'mount' },
  ])
})

test.each(['PATH', 'LD_PRELOAD', 'DOCKER_CONFIG', 'COMPOSE_FILE', 'GIT_SSH_COMMAND', 'https_proxy'])(
  'the descriptor may not set %s for the programs of this machine',
  (variable) => {
    const image = { variable, service: 'a', repository: 'evil/lib.so', context: '/work/app' }
    const dangers = findDescriptorDangers({ images: [image], secrets: [variable], defects: { variable, known: {} } }, [], OPTIONS)
    expect(dangers.map(({ allow, key }) => `${allow} ${key}`)).toEqual([
      'host-program images[0].variable',
      'host-program secrets[0]',
      'host-program defects.variable',
    ])
  },
)
