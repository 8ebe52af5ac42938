import { expect, test } from 'vitest'
import { overrideFor, parseComposeConfig } from './config.ts'

function override(config: object): unknown {
  return JSON.parse(overrideFor(parseComposeConfig(JSON.stringify(config)), { runId: 'r1' }))
}

const labels = { 'chaos-action.run': 'r1' }

test('labels every service, network and volume that is the stack’s own', () => {
  const config = {
    name: 'chaos-r1',
    services: {
      web: { image: 'a', networks: { default: null }, ports: [{ target: 1 }] },
      db: { image: 'b', network_mode: 'none' },
    },
    networks: { default: { name: 'chaos-r1_default', ipam: {} }, theirs: { name: 'theirs', external: true } },
    volumes: { data: { name: 'fixed' }, shared: { external: true, name: 'shared' } },
  }
  expect(override(config)).toEqual({
    services: { web: { labels }, db: { labels } },
    networks: { default: { name: 'chaos-r1_default', labels } },
    volumes: { data: { name: 'chaos-r1_data', labels } },
  })
})

test('a fixed container name becomes the run’s own and stays reachable as an alias', () => {
  const config = {
    services: {
      web: { container_name: 'web', networks: { front: null, back: { priority: 1 } } },
      host: { container_name: 'host', network_mode: 'host' },
    },
  }
  expect(override(config)).toMatchObject({
    services: {
      web: { container_name: 'chaos-r1-web', networks: { front: { aliases: ['web'] }, back: { aliases: ['web'] } } },
      host: { labels, container_name: 'chaos-r1-host' },
    },
  })
})

test.each(['', 'services: {}', '{"services": []}', '{"services": {"web": {"image": 1}}}'])('refuses %j', (text) => {
  expect(() => parseComposeConfig(text)).toThrow(expect.objectContaining({ code: 'COMPOSE_FAILED' }) as Error)
})

test.each(['services', 'networks', 'volumes'])('%s named __proto__ are refused, as they would run without our label', (kind) => {
  const text = `{"services": {"web": {}}, "${kind}": {"__proto__": {"image": "a"}}}`
  expect(() => parseComposeConfig(text)).toThrow('__proto__')
})
