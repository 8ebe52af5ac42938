import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { zipOf, type ZipEntry } from '../../../test/support/zip.ts'
import { readZipEntry, type ZipLimits } from './zip-entry.ts'

const folder = mkdtempSync(join(tmpdir(), 'zip-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const LIMITS: ZipLimits = { entries: 10, entryBytes: 100_000, totalBytes: 200_000, folders: 3 }
const good: ZipEntry = { name: 'result.json', content: Buffer.from('{"a": "ä"}\n') }
const other: ZipEntry = { name: 'logs/X/api.log', content: Buffer.from('a log\n'.repeat(100)) }

async function read(zip: Buffer): Promise<string> {
  const path = join(folder, 'a.zip')
  writeFileSync(path, zip)
  await using file = await open(path)
  return (await readZipEntry(file, 'result.json', LIMITS)).toString()
}

test.each<[title: string, entries: ZipEntry[]]>([
  ['packed', [other, good]],
  ['stored', [{ ...good, method: 0 }, other]],
  ['beside an empty folder', [good, { name: 'series/', content: Buffer.alloc(0), method: 0, mode: 0o040755 }]],
])('reads a file that is %s', async (_title, entries) => {
  expect(await read(zipOf(entries))).toBe('{"a": "ä"}\n')
})

test('an empty file is empty', async () => {
  expect(await read(zipOf([{ ...good, content: Buffer.alloc(0) }]))).toBe('')
})

const LARGE = Buffer.alloc(100_001, ' ')
/** The comment of the archive is the end of another one, which has nothing in it. */
const twoEnds = Buffer.concat([zipOf([good]).subarray(0, -2), Buffer.from([22, 0]), Buffer.from('PK\x05\x06'.padEnd(22, '\0'))])

test.each<[title: string, zip: Buffer, why: string]>([
  ['no zip', Buffer.from('hello'), 'it is no zip file'],
  ['nothing', Buffer.alloc(0), 'it is no zip file'],
  ['an archive without the file', zipOf([other]), 'it has no result.json'],
  ['a file of the name in a folder', zipOf([{ ...good, name: 'x/result.json' }]), 'it has no result.json'],
  ['a large file', zipOf([{ ...good, content: LARGE }]), 'result.json has 100001 bytes; at most 100000 are read'],
  [
    'a bomb that says how large it is',
    zipOf([good, { ...other, claimedBytes: 4_000_000_000 }]),
    'unpacked it has 4000000012 bytes; at most 200000 are taken',
  ],
  [
    'a bomb that says it is small',
    zipOf([{ ...good, content: Buffer.alloc(50_000_000), claimedBytes: 9 }]),
    'result.json is not what the archive says of it',
  ],
  ['a file shorter than it says', zipOf([{ ...good, claimedBytes: 90 }]), 'result.json is not what the archive says of it'],
  ['a wrong checksum', zipOf([{ ...good, claimedCrc: 1 }]), 'result.json is not what the archive says of it'],
  [
    'a wrong checksum of a stored file',
    zipOf([{ ...good, method: 0, claimedCrc: 1 }]),
    'result.json is not what the archive says of it',
  ],
  [
    'a symlink',
    zipOf([{ ...good, content: Buffer.from('/etc/passwd'), mode: 0o120777 }]),
    'the entry "result.json" is a link or a device',
  ],
  ['a symlink beside it', zipOf([good, { ...other, mode: 0o120777 }]), 'the entry "logs/X/api.log" is a link or a device'],
  ['a device', zipOf([good, { ...other, mode: 0o020600 }]), 'the entry "logs/X/api.log" is a link or a device'],
  ['../../', zipOf([good, { ...other, name: '../../x' }]), 'the entry "../../x" leads out of its folder'],
  ['a/../b', zipOf([good, { ...other, name: 'a/../b' }]), 'the entry "a/../b" leads out of its folder'],
  ['an absolute path', zipOf([good, { ...other, name: '/etc/passwd' }]), 'the entry "/etc/passwd" has no plain path'],
  ['a path of Windows', zipOf([good, { ...other, name: 'C:\\x' }]), 'the entry "C:\\x" has no plain path'],
  ['a newline in a name', zipOf([good, { ...other, name: 'a\n::error::b' }]), 'the entry "a ::error::b" has no plain path'],
  ['a very long name', zipOf([good, { ...other, name: 'x'.repeat(501) }]), `the entry "${'x'.repeat(99)}…" has no plain path`],
  ['many folders', zipOf([good, { ...other, name: 'a/b/c/d/e' }]), 'the entry "a/b/c/d/e" lies deeper than 3 folders'],
  [
    'many files',
    zipOf(Array.from({ length: 11 }, (_, index) => ({ ...other, name: String(index) }))),
    'it has 11 entries; at most 10 are read',
  ],
  ['two of a name', zipOf([good, good]), 'the entry "result.json" is there twice'],
  ['two names for a file', zipOf([{ ...good, localName: 'resulx.json' }]), 'its directory does not agree with its files'],
  ['an encrypted file', zipOf([{ ...good, flags: 1 }]), 'the entry "result.json" is encrypted'],
  ['a method that nobody knows', zipOf([{ ...good, method: 99 }]), 'result.json is packed by method 99'],
  ['half a zip', zipOf([other, good]).subarray(40), 'its directory lies outside of it'],
  ['an archive with two ends', twoEnds, 'it has no result.json'],
])('refuses %s', async (_title, zip, why) => {
  await expect(read(zip)).rejects.toMatchObject({ code: 'BAD_INPUT', message: why })
})

test('no damage to an archive is anything but a refusal', async () => {
  const zip = zipOf([other, good])
  for (let at = 0; at < zip.length; at += 1) {
    for (const value of [0, 0xff]) {
      const damaged = Buffer.from(zip)
      damaged[at] = value
      await read(damaged).then(
        (text) => {
          expect(text).toBe('{"a": "ä"}\n')
        },
        (error: unknown) => {
          expect(error).toMatchObject({ name: 'ChaosError', code: 'BAD_INPUT' })
        },
      )
    }
  }
})
