import { expect, test } from 'vitest'
import { secretsInCompose } from './secrets.ts'

test('values of secret variables and build arguments, in both forms', () => {
  const config = {
    services: {
      api: {
        environment: { API_TOKEN: 'tok-1234', LOG_LEVEL: 'warn-loud', DB_PASSWORD: null },
        build: { args: { NPM_TOKEN: 'npm-5678' } },
      },
      db: { environment: ['DB_PASSWORD=pa$$ss=w', 'NAME_ONLY', 'DB_HOST=db-host'] },
      none: null,
    },
  }
  expect(secretsInCompose(config)).toEqual(['tok-1234', 'npm-5678', 'pa$ss=w'])
})

test('a password that is also the name of a service, an image or a database is no secret', () => {
  const config = {
    services: {
      orders: { image: 'registry.example/shopapp:1', environment: { A_PASSWORD: 'orders', B_PASSWORD: 'shopapp' } },
      db: { environment: { POSTGRES_DB: 'webshop', POSTGRES_PASSWORD: 'WebShop', C_PASSWORD: 'hunter2' } },
    },
    volumes: { orders_data: null },
  }
  expect(secretsInCompose(config)).toEqual(['hunter2'])
})

test.each<unknown>([null, undefined, 'x', {}, { services: [] }, { services: { a: { environment: 1, build: '/x' } } }])(
  'nothing is found in %j',
  (config) => {
    expect(secretsInCompose(config)).toEqual([])
  },
)
