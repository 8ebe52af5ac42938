import { describe, expect, test } from 'vitest'
import { redactShapes } from './secret-shapes.ts'

const DRAWN = 'Zx8Qk2Lm9Rt4Vb7Nc1Wd'

test.each([
  [`ghp_${DRAWN}AbCd`, 'ghp_***'],
  [`ghs_${DRAWN}AbCd`, 'ghs_***'],
  [`gho_${DRAWN}`, 'gho_***'],
  [`ghr_${DRAWN}`, 'ghr_***'],
  [`github_pat_${DRAWN}_${DRAWN}`, 'github_pat_***'],
  ['AKIAIOSFODNN7EXAMPLE', 'AKIA***'],
  ['ASIAIOSFODNN7EXAMPLE', 'ASIA***'],
  [`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${DRAWN}`, 'eyJ***'],
  ['eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.', 'eyJ***'],
  ['xoxb-123456789012-AbCdEfGhIj', 'xoxb-***'],
  ['xapp-1-A111-222-abcdef', 'xapp-***'],
  [`glpat-${DRAWN}`, 'glpat-***'],
  [`npm_${DRAWN}${DRAWN}`, 'npm_***'],
  [`sk_live_${DRAWN}`, 'sk_live_***'],
  [`sk-ant-${DRAWN}`, 'sk-***'],
  [`AIza${DRAWN}${DRAWN}`, 'AIza***'],
  [`https://hooks.slack.com/services/T00000000/B00000000/${DRAWN}`, 'https://hooks.slack.com/services/***'],
  [`https://discord.com/api/webhooks/123/${DRAWN}`, 'https://discord.com/api/webhooks/123/***'],
])('%s', (token, shown) => {
  expect(redactShapes(token)).toBe(shown)
  expect(redactShapes(`got "${token}", and more`)).toBe(`got "${shown}", and more`)
  expect(redactShapes(`a=${token}\nb`)).toBe(`a=${shown}\nb`)
})

test.each([
  ['postgres://app:hunter2@db:5432/shop', 'postgres://app:***@db:5432/shop'],
  ['redis://:hunter2@cache', 'redis://:***@cache'],
  ['amqp://a:p@ss@mq, then http://b', 'amqp://a:***@mq, then http://b'],
  ['mongodb+srv://u:p%40ss#?@h', 'mongodb+srv://u:***@h'],
  [`https://${DRAWN}@example.com/x`, 'https://***@example.com/x'],
  [`https://${DRAWN}:@api.example.com`, 'https://***:@api.example.com'],
])('the password in %s', (url, shown) => {
  expect(redactShapes(`connect ${url} failed`)).toBe(`connect ${shown} failed`)
})

test.each([
  ['Authorization: Bearer abc.def', 'Authorization: Bearer ***'],
  ['authorization: bearer abc', 'authorization: bearer ***'],
  ['> Authorization: Basic dXNlcjpwYXNz', '> Authorization: Basic ***'],
  ['Proxy-Authorization: Basic dXNlcjpwYXNz', 'Proxy-Authorization: Basic ***'],
  ["-H 'Authorization: Bearer abc' http://x", "-H 'Authorization: Bearer ***' http://x"],
  ['{"authorization":"Bearer abc","status":401}', '{"authorization":"Bearer ***","status":401}'],
  ['{\\"authorization\\":\\"Bearer abc\\",\\"status\\":401}', '{\\"authorization\\":\\"Bearer ***\\",\\"status\\":401}'],
  ['map[Authorization:[Bearer abc] Accept:[*/*]]', 'map[Authorization:[Bearer ***] Accept:[*/*]]'],
  ['authorization="Bearer abc" status=401', 'authorization="Bearer ***" status=401'],
  ['Authorization: Digest username="u", response="8f14e45f"', 'Authorization: Digest ***'],
  ['Authorization: AWS4-HMAC-SHA256 Credential=a/b, Signature=c\nnext', 'Authorization: AWS4-HMAC-SHA256 ***\nnext'],
  ['Authorization: 8f14e45fceea', 'Authorization: ***'],
  ['"Authorization" => "wholly-opaque"', '"Authorization" => "***"'],
  ['Cookie: sid=abc; theme=dark\nHost: x', 'Cookie: ***\nHost: x'],
  ['set-cookie: sid=abc; HttpOnly', 'set-cookie: ***'],
  ['{"cookie":"sid=abc; b=c","n":1}', '{"cookie":"***","n":1}'],
  ['{"set-cookie":["sid=abc; Path=/","b=c"]}', '{"set-cookie":["***","b=c"]}'],
])('the header in %s', (text, shown) => {
  expect(redactShapes(text)).toBe(shown)
})

test.each([
  ['password=hunter2', 'password=***'],
  ['DB_PASSWORD=hunter2 next', 'DB_PASSWORD=*** next'],
  ['--password=hunter2', '--password=***'],
  ['{"password":"correct horse, battery"}', '{"password":"***"}'],
  ["{ password: 'hunter2' }", "{ password: '***' }"],
  ['password: hunter2\nuser: a', 'password: ***\nuser: a'],
  ['client_secret=abcdef&grant=x', 'client_secret=***&grant=x'],
  ['?access_token=8f14e45fceea&x=1', '?access_token=***&x=1'],
  ['x-api-key: 8f14e45fceea167a', 'x-api-key: ***'],
  ['"apiKey": "8f14e45fceea167a"', '"apiKey": "***"'],
  ['\\"token\\":\\"8f14e45fceea\\",', '\\"token\\":\\"***\\",'],
])('what %s assigns', (text, shown) => {
  expect(redactShapes(text)).toBe(shown)
})

describe('private keys', () => {
  const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\nx4jJ=='

  test.each(['PRIVATE KEY', 'RSA PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'PGP PRIVATE KEY BLOCK'])('%s', (label) => {
    const text = `a\n-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\nafter ${'b'.repeat(40)}`
    const redacted = redactShapes(text)
    expect(redacted).not.toContain('MIIE')
    expect(redacted).toContain(`-----END ${label}-----\nafter ${'b'.repeat(40)}`)
  })

  test('in a log, with times before its lines and other lines between them', () => {
    const lines = ['-----BEGIN PRIVATE KEY-----', ...body.split('\n'), '-----END PRIVATE KEY-----']
    const log = lines.map((line) => `2026-03-01T10:00:00.000Z api-1 ${line}\n2026-03-01T10:00:00.000Z db-1 ok`).join('\n')
    const redacted = redactShapes(log)
    expect(redacted).not.toContain('MIIE')
    expect(redacted.match(/db-1 ok/g)).toHaveLength(lines.length)
  })

  test('in one line of JSON, and one that is cut off', () => {
    expect(redactShapes(JSON.stringify({ key: `-----BEGIN PRIVATE KEY-----\n${body}` }))).not.toContain('IIEvQIBADAN')
  })

  test('certificates and public keys are none', () => {
    const text = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`
    expect(redactShapes(text)).toBe(text)
  })
})

test.each([
  'p95 41 ms, 12345678 requests, 0.31 % errors, true, false',
  'GET http://queen:8081/v2/tasks?max_tokens=50&temperature=0.7 → 503',
  'docker.io/library/node:24@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  'sha256:8f14e45fceea167a5a36dedd4bea2543 /var/lib/docker/volumes/chaos-1f2e3d4c_hive-data/_data',
  'the token has expired; authorization: denied; password: must be set by the operator',
  'token=invalid_signature auth=none authorization: required',
  'max_tokens: 512, "token_count": 1234567, tokens per second: 41.25',
  'author: octocat <octocat@example.org>, mail to a@b.org',
  'cookie: none; Set-Cookie is missing',
  'see https://example.org/a:b/@team and user@host:22',
  'token: ${TOKEN}, password=${DB_PASSWORD}, secret=/run/secrets/db',
  'KEY=value, monkey=banana1, keyboard: qwerty12',
  'node dist/cli/index.js run --only NF-002 --profile quick --seed 7',
  'task-2026-03-01-abcdefghijklmnop, risk-free-AbCdEfGhIjKlMnOpQrStUv',
  '2026-03-01T10:00:00.000Z chaos-1f2e3d4c-queen-rbee-1 {"level":30,"time":1772359200000,"msg":"request completed"}',
])('nothing is starred out of: %s', (text) => {
  expect(redactShapes(text)).toBe(text)
})

test('what is redacted stays as it is when it is redacted again', () => {
  const text = `Authorization: Bearer ${DRAWN}\ntoken=ghp_${DRAWN}AbCd postgres://a:b@c Cookie: a=b\npassword="x y z 1"`
  expect(redactShapes(redactShapes(text))).toBe(redactShapes(text))
})

describe('time grows with the length of a text, and no faster', () => {
  const PIECES = [
    ...['eyJ-', 'eyJaaaaaaaaaa.', 'eyJ', '-eyJaaaaaaaaaaa', 'ghp_', 'SG.', '-SG.aaaaaaaaaaaaaaaa', 'sk-', 'AKIA', 'xoxb-'],
    ...[
      'a://',
      'a://b:',
      'a://@',
      'x.y+z-',
      'cookie:',
      'cookie:[',
      'cookie:a=',
      'cookie="',
      "cookie='",
      'authorization:[',
      'authorization:"',
    ],
    ...[
      'authorization: Bearer ',
      'password=',
      'password="',
      "password='",
      'password:"\n',
      'a=',
      'a-',
      'a--',
      'a.',
      'password',
      'token:\\"',
    ],
    ...[
      '-----BEGIN ',
      '-----BEGIN PRIVATE KEY-----',
      '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----',
      '-',
      'A',
      ' ',
      '"',
      "'",
    ],
    ...['\\', '@', ':', '/', '=', '[', '\n', 'hooks.slack.com/services/', 'discord.com/api/webhooks/1'],
  ]

  /** CPU time, not the clock's: whoever else uses the machine changes little about it. */
  function cpuUs(work: () => unknown): number {
    const samples = Array.from({ length: 3 }, () => {
      const before = process.cpuUsage()
      work()
      const { user, system } = process.cpuUsage(before)
      return user + system
    })
    return Math.min(...samples)
  }

  test.each(PIECES)('of %j over and over', (piece) => {
    const text = (length: number): string => piece.repeat(Math.ceil(length / piece.length))
    const [short, long] = [text(16 * 1024), text(128 * 1024)]
    redactShapes(short)
    const [once, eightfold] = [cpuUs(() => redactShapes(short)), cpuUs(() => redactShapes(long))]
    // Eight times for what is linear, and 64 times for what is not; short times are mostly noise.
    expect(eightfold).toBeLessThan(24 * Math.max(once, 1_000))
  })

  test('a megabyte of everything at once is read', () => {
    const text = PIECES.join('').repeat(2_600)
    expect(text.length).toBeGreaterThan(1024 * 1024)
    expect(redactShapes(text)).toContain('***')
  })
})
