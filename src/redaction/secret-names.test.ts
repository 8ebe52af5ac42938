import { expect, test } from 'vitest'
import { hintsAtSecret, isPlainValue, isSecretName, secretValuesOf } from './secret-names.ts'

test.each([
  ...[
    'TOKEN',
    'GITHUB_TOKEN',
    'INPUT_GITHUB-TOKEN',
    'npm_token',
    'LLORCH_API_TOKEN',
    'DB_PASSWORD',
    'POSTGRES_PASSWORD',
    'passwd',
  ],
  ...[
    'MYSQL_ROOT_PASSWORD',
    'dbPassword',
    'clientSecret',
    'SECRET_ID',
    'API_KEY',
    'apikey',
    'x-api-key',
    'AWS_SECRET_ACCESS_KEY',
  ],
  ...['AWS_ACCESS_KEY_ID', 'PRIVATE_KEY', 'SSH_PRIVATE_KEY', 'GCP_CREDENTIALS', 'AUTH', 'AUTH_HEADER', 'authHeader', 'OAUTH'],
  ...[
    'HTTP_AUTHORIZATION',
    'basic.auth',
    'DB_PWD',
    'SIGNING_KEY',
    'ACCOUNT_KEY',
    'KEYSTORE_PASSPHRASE',
    'AUTHOR_TOKEN',
    'ACTIONS_RUNTIME_TOKEN',
  ],
])('%s is the name of a secret', (name) => {
  expect(isSecretName(name)).toBe(true)
  expect(hintsAtSecret(name)).toBe(true)
})

test.each([
  ...[
    'PATH',
    'PWD',
    'OLDPWD',
    'HOME',
    'AUTHOR',
    'GIT_AUTHOR_NAME',
    'AUTHORITY',
    'XAUTHORITY',
    'SSH_AUTH_SOCK',
    'KEY',
    'KEYBOARD',
  ],
  ...['max_tokens', 'MAX_NEW_TOKENS', 'prompt_tokens', 'TOKENIZERS_PARALLELISM', 'TOKEN_URL', 'TOKEN_TTL', 'TOKEN_TTL_SECONDS'],
  ...[
    'SECRET_NAME',
    'PASSWORD_FILE',
    'POSTGRES_HOST_AUTH_METHOD',
    'AUTH_ENABLED',
    'AUTH_USER',
    'ACTIONS_ID_TOKEN_REQUEST_URL',
    '',
  ],
])('%j is not', (name) => {
  expect(isSecretName(name)).toBe(false)
})

test.each(['TOKEN_URL', 'SECRET_NAME', 'PASSWORD_FILE', 'max_tokens', 'TOKENIZERS_PARALLELISM', 'SECRET_FOLDER'])(
  '%s hints at a secret, which is no reason to star out its value',
  (name) => {
    expect(hintsAtSecret(name)).toBe(true)
    expect(isSecretName(name)).toBe(false)
  },
)

test.each(['PATH', 'PWD', 'SSH_AUTH_SOCK', 'XAUTHORITY', 'GIT_AUTHOR_NAME', 'REGISTRY_AUTH_FILE', 'DBUS_SESSION_BUS_ADDRESS'])(
  '%s hints at none',
  (name) => {
    expect(hintsAtSecret(name)).toBe(false)
  },
)

test.each([
  ...[
    'true',
    'NONE',
    '123456',
    '-1.5',
    '30000ms',
    '512MiB',
    '/run/secrets/db',
    './token.txt',
    '~/key',
    'C:\\keys\\id',
    '/var/lib/x-1/y_2',
  ],
  ...['${TOKEN}', '$TOKEN', '***', 'password', 'Changeme', 'postgres', 'passed'],
])('%j is no secret, whatever it is called', (value) => {
  expect(isPlainValue(value)).toBe(true)
})

test.each([
  'hunter2',
  'correct horse',
  'a1b2c3',
  '/wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  '/a+b/c=',
  'true-love',
  '12345a',
  '1e400x',
])('%j may be one', (value) => {
  expect(isPlainValue(value)).toBe(false)
})

test('the values of secret variables, without those that would blot out ordinary text', () => {
  const variables = {
    DB_PASSWORD: ' s3cr3t-value\n',
    OTHER_TOKEN: 's3cr3t-value',
    SHORT_TOKEN: 'abc12',
    RETRIES_SECRET: '123456',
    KEY_SECRET: '/run/secrets/key',
    APP_PASSWORD: 'Orders',
    EMPTY_TOKEN: undefined,
    NULL_TOKEN: null,
    NAME: 'not-a-secret',
  }
  expect(secretValuesOf(variables, ['orders'])).toEqual(['s3cr3t-value'])
  expect(secretValuesOf(variables)).toEqual(['s3cr3t-value', 'Orders'])
})
