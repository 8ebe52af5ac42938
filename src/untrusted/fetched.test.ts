import { expect, test } from 'vitest'
import { addressProblem, hostProblem, imageProblem, isAddress } from './fetched.ts'

test.each([
  ...[
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::7f00:1]',
  ],
  ...['169.254.169.254', '[fd00:ec2::254]', '168.63.129.16', '10.0.0.1', '192.168.1.1', '172.17.0.1', '100.64.0.1', '[fe80::1]'],
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    'db',
    'registry',
    'metadata',
    'metadata.google.internal',
    'printer.local',
  ],
  ...['host.docker.internal', 'gateway.docker.internal', 'router.lan', 'nas.home.arpa', '127.0.0.1.nip.io', '10-0-0-1.sslip.io'],
  ...['localtest.me', '', ' ', 'a b', '[', 'a/b', '①②⑦.⓪.⓪.①', 'ｌocalhost'],
])('the host %j is inside of the machine’s network, or nobody knows', (host) => {
  expect(hostProblem(host)).not.toBeNull()
})

test.each([
  'github.com',
  'GitHub.com.',
  'registry.example',
  'docker.io',
  '8.8.8.8',
  '[2606:4700::1111]',
  'localhost.example.com',
])('the host %s is a public one', (host) => {
  expect(hostProblem(host)).toBeNull()
})

test.each([
  'http://127.0.0.1:18999/x.tar',
  'HTTP://127.0.0.1/x',
  'https://user:pass@127.0.0.1/x',
  'https://github.com@169.254.169.254/latest',
  'https://github.com\\@127.0.0.1/x',
  'http://127.0.0.1#github.com',
  'http://127.0.0.1?x.github.com/',
  'http://[::1]:80/',
  'http://$HOST/x',
  'https://github.com$REST/x',
  'http:///x',
  'git://localhost/repo.git',
  'ssh://git@10.0.0.1/repo.git',
  'git@localhost:repo.git',
  'me@[::1]:repo.git',
  'ftp://10.0.0.1/x',
])('%s is fetched from inside', (source) => {
  expect(isAddress(source)).toBe(true)
  expect(addressProblem(source)).not.toBeNull()
})

test.each([
  'https://github.com/a/b.git#main:folder',
  'https://example.com/app-$VERSION.tar.gz?host=127.0.0.1',
  'git://github.com/a/b.git',
  'git@github.com:a/b.git',
  'ssh://git@github.com:22/a/b.git',
])('%s is not', (source) => {
  expect(isAddress(source)).toBe(true)
  expect(addressProblem(source)).toBeNull()
})

test.each(['./a', 'target/*.jar', '/x', '.', 'a:b', 'https:/one-slash'])('%s is a file', (source) => {
  expect(isAddress(source)).toBe(false)
})

test.each([
  ...[
    'localhost/a',
    'localhost:5000/a',
    '127.0.0.1:5000/a/b:1',
    '[::1]:5000/a',
    '10.0.0.1/a',
    'registry:5000/a',
    'reg.internal/a',
  ],
  ...['LOCALHOST/a', 'Registry/a', '169.254.169.254/a@sha256:0'],
])('the image %s is of a registry inside', (image) => {
  expect(imageProblem(image)).not.toBeNull()
})

test.each(['node:24', 'grafana/k6', 'ghcr.io/shopify/toxiproxy:2.12.0', 'registry.example:5000/a', 'base', 'scratch', ''])(
  'the image %s is not',
  (image) => {
    expect(imageProblem(image)).toBeNull()
  },
)
