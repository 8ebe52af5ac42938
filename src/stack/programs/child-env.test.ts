import { expect, test } from 'vitest'
import { childEnv, declaredSecrets } from './child-env.ts'

test.each([
  'INPUT_STACK',
  'INPUT_GITHUB-TOKEN',
  'input_lower',
  'ACTIONS_RUNTIME_TOKEN',
  'ACTIONS_ID_TOKEN_REQUEST_URL',
  'ACTIONS_CACHE_URL',
  'GITHUB_TOKEN',
  'GITHUB_ENV',
  'GITHUB_OUTPUT',
  'GITHUB_PATH',
  'GITHUB_STATE',
  'GITHUB_STEP_SUMMARY',
  'NODE_OPTIONS',
  'COMPOSE_PROJECT_NAME',
])('keeps %s back, declared or not', (name) => {
  expect(childEnv({ [name]: 'x' }, { declared: new Set([name]) })).toEqual({})
})

test.each([
  'PATH',
  'HOME',
  'DOCKER_HOST',
  'DOCKER_CONFIG',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'HTTPS_PROXY',
  'no_proxy',
  'GITHUB_SHA',
  'MY_TAG',
  'DOCKER_AUTH_CONFIG',
  'SSH_AUTH_SOCK',
])('lets %s through', (name) => {
  expect(childEnv({ [name]: 'x' })).toEqual({ [name]: 'x' })
})

test.each([
  'NPM_TOKEN',
  'AWS_SECRET_ACCESS_KEY',
  'DB_PASSWORD',
  'PGPASSWORD',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'OPENAI_API_KEY',
  // These are starred out of reports.
  ...['SSH_KEY', 'SIGNING_KEY', 'DEPLOY_KEY', 'DB_PWD', 'OAUTH', 'KEYSTORE_PASSPHRASE', 'dbPassword'],
])('lets %s through only when it is declared', (name) => {
  expect(childEnv({ [name]: 'x' })).toEqual({})
  expect(childEnv({ [name]: 'x' }, { declared: new Set([name]) })).toEqual({ [name]: 'x' })
})

test('what is added wins, and what is undefined is left out', () => {
  expect(childEnv({ A: 'old', B: undefined }, { add: { A: 'new', RBEE_API_TOKEN: 'ours' } })).toEqual({
    A: 'new',
    RBEE_API_TOKEN: 'ours',
  })
})

test('a compose file declares the secrets that it names as a word', () => {
  const source = { DB_PASSWORD: 'x', DB_PASSWORD_OLD: 'y', NPM_TOKEN: 'z', DEPLOY_KEY: 'k', PLAIN: 'p' }
  const text = 'environment:\n  - DB_PASSWORD\n  - PLAIN=${PLAIN}\n  - T=${MY_NPM_TOKEN}\n  - DEPLOY_KEY'
  expect([...declaredSecrets(source, [text])]).toEqual(['DB_PASSWORD', 'DEPLOY_KEY'])
})
