/**
 * One file out of a zip that a stranger may have made. Only the central directory is believed, only what was asked for is
 * unpacked, into memory, and an archive with anything in it that ours never have is refused as a whole.
 */
import type { FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'
import { ChaosError } from '../../core/errors.ts'
import { consoleText } from '../../report/escape.ts'

export interface ZipLimits {
  readonly entries: number
  /** Of the file that is read, unpacked. */
  readonly entryBytes: number
  /** Of all files as the archive states them, unpacked. */
  readonly totalBytes: number
  readonly folders: number
}

interface Entry {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packedBytes: number
  readonly bytes: number
  readonly offset: number
  /** Type and permissions of Unix; 0 when it was not made there. */
  readonly mode: number
}

interface Directory {
  readonly count: number
  readonly bytes: number
  readonly offset: number
}

const unpack = promisify(inflateRaw)

const END_BYTES = 22
const LONGEST_COMMENT = 65_535
const CENTRAL_BYTES = 46
const LOCAL_BYTES = 30
/** An entry of the central directory has its name three times at most: itself, extra fields, comment. */
const MOST_BYTES_PER_ENTRY = 1_000
const LONGEST_NAME = 500
const STORED = 0
const DEFLATED = 8
const UNIX = 3
const TYPE_OF_MODE = 0o170000
const REGULAR_TYPES = [0, 0o100000, 0o040000]

/** The bytes of the file `name`. @throws BAD_INPUT saying what is wrong with the archive. */
export async function readZipEntry(file: FileHandle, name: string, limits: ZipLimits): Promise<Buffer> {
  const { size } = await file.stat()
  const directory = await findDirectory(file, size)
  if (directory.count > limits.entries) throw refused(`it has ${directory.count} entries; at most ${limits.entries} are read`)
  if (directory.bytes > limits.entries * MOST_BYTES_PER_ENTRY) throw refused('its directory is too large')
  const entries = parseEntries(await readAt(file, directory.offset, directory.bytes), directory.count)
  checkEntries(entries, limits)
  const entry = entries.find((one) => one.name === name)
  if (entry === undefined) throw refused(`it has no ${name}`)
  if (entry.bytes > limits.entryBytes) throw refused(`${name} has ${entry.bytes} bytes; at most ${limits.entryBytes} are read`)
  return content(entry, await packed(file, entry, directory.offset, limits))
}

async function findDirectory(file: FileHandle, size: number): Promise<Directory> {
  const tailBytes = Math.min(size, END_BYTES + LONGEST_COMMENT)
  const tail = await readAt(file, size - tailBytes, tailBytes)
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    // The comment must reach to the end of the file: else the mark is part of a comment or of some other file.
    if (tail.readUInt32LE(at) !== 0x06054b50 || at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length) continue
    const disks = tail.readUInt32LE(at + 4)
    const [onDisk, count] = [tail.readUInt16LE(at + 8), tail.readUInt16LE(at + 10)]
    const [bytes, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)]
    if (disks !== 0 || onDisk !== count || count === 0xffff || bytes === 0xffffffff || offset === 0xffffffff)
      throw refused('it is a zip of a kind that is not read (zip64, or several parts)')
    if (offset + bytes > size - tailBytes + at) throw refused('its directory lies outside of it')
    return { count, bytes, offset }
  }
  throw refused('it is no zip file')
}

function parseEntries(directory: Buffer, count: number): Entry[] {
  const entries: Entry[] = []
  let at = 0
  for (let index = 0; index < count; index += 1) {
    if (at + CENTRAL_BYTES > directory.length || directory.readUInt32LE(at) !== 0x02014b50)
      throw refused('its directory is damaged')
    const [nameBytes, extra, comment] = [28, 30, 32].map((offset) => directory.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ]
    const end = at + CENTRAL_BYTES + nameBytes + extra + comment
    if (end > directory.length) throw refused('its directory is damaged')
    entries.push({
      name: utf8(directory.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes)),
      flags: directory.readUInt16LE(at + 8),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
      mode: directory.readUInt8(at + 5) === UNIX ? directory.readUInt16LE(at + 40) : 0,
    })
    at = end
  }
  return entries
}

function checkEntries(entries: readonly Entry[], limits: ZipLimits): void {
  const names = new Set<string>()
  let total = 0
  for (const entry of entries) {
    const shown = `the entry "${consoleText(entry.name, 100)}"`
    const parts = entry.name.split('/')
    if (entry.name === '' || entry.name.length > LONGEST_NAME || /[\\:\p{Cc}]/u.test(entry.name) || entry.name.startsWith('/'))
      throw refused(`${shown} has no plain path`)
    if (parts.includes('..') || parts.includes('.')) throw refused(`${shown} leads out of its folder`)
    if (parts.length > limits.folders + 1) throw refused(`${shown} lies deeper than ${limits.folders} folders`)
    if (!REGULAR_TYPES.includes(entry.mode & TYPE_OF_MODE)) throw refused(`${shown} is a link or a device`)
    if ((entry.flags & 1) !== 0) throw refused(`${shown} is encrypted`)
    if (names.has(entry.name)) throw refused(`${shown} is there twice`)
    names.add(entry.name)
    total += entry.bytes
  }
  if (total > limits.totalBytes) throw refused(`unpacked it has ${total} bytes; at most ${limits.totalBytes} are taken`)
}

async function packed(file: FileHandle, entry: Entry, end: number, limits: ZipLimits): Promise<Buffer> {
  // What deflate cannot shrink grows by 5 bytes in 16 KiB.
  if (entry.packedBytes > limits.entryBytes * 1.01 + 1_024) throw refused(`${entry.name} is larger packed than unpacked`)
  const head = await readAt(file, entry.offset, LOCAL_BYTES)
  if (head.readUInt32LE(0) !== 0x04034b50) throw refused('its directory points at nothing')
  const [nameBytes, extraBytes] = [head.readUInt16LE(26), head.readUInt16LE(28)]
  const name = utf8(await readAt(file, entry.offset + LOCAL_BYTES, nameBytes))
  if (name !== entry.name) throw refused('its directory does not agree with its files')
  const start = entry.offset + LOCAL_BYTES + nameBytes + extraBytes
  if (start + entry.packedBytes > end) throw refused('its files reach into its directory')
  return readAt(file, start, entry.packedBytes)
}

async function content(entry: Entry, data: Buffer): Promise<Buffer> {
  const bytes = await unpacked(entry, data)
  if (bytes.length !== entry.bytes || crc32(bytes) !== entry.crc)
    throw refused(`${entry.name} is not what the archive says of it`)
  return bytes
}

async function unpacked(entry: Entry, data: Buffer): Promise<Buffer> {
  if (entry.method === STORED) return data
  if (entry.method !== DEFLATED) throw refused(`${entry.name} is packed by method ${entry.method}`)
  try {
    // Ends as soon as there is more than the archive said: a bomb costs no memory.
    return await unpack(data, { maxOutputLength: Math.max(1, entry.bytes) })
  } catch (cause) {
    throw refused(`${entry.name} is not what the archive says of it`, cause)
  }
}

async function readAt(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes)
  let have = 0
  while (have < bytes) {
    const { bytesRead } = await file.read(buffer, have, bytes - have, position + have)
    if (bytesRead === 0) throw refused('it ends too early')
    have += bytesRead
  }
  return buffer
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw refused('a name in it is no UTF-8 text', cause)
  }
}

function refused(why: string, cause?: unknown): ChaosError {
  return new ChaosError('BAD_INPUT', why, { cause })
}
