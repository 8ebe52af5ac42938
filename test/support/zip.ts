/** Zip files for tests: honest ones, and those that nobody should unpack. */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'

export interface ZipEntry {
  readonly name: string
  readonly content: Buffer
  /** What the headers say instead of the truth. */
  readonly claimedBytes?: number
  readonly claimedCrc?: number
  /** Of Unix: type and permissions. */
  readonly mode?: number
  readonly flags?: number
  readonly method?: 0 | 8 | 99
  /** In the local header, where it differs. */
  readonly localName?: string
}

export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { name, content, method = 8, mode = 0o100644, flags = 0 } = entry
    const data = method === 8 ? deflateRawSync(content) : content
    const sizes = Buffer.alloc(12)
    sizes.writeUInt32LE(entry.claimedCrc ?? crc32(content), 0)
    sizes.writeUInt32LE(data.length, 4)
    sizes.writeUInt32LE(entry.claimedBytes ?? content.length, 8)
    const common = Buffer.alloc(10)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(flags | 0x800, 2)
    common.writeUInt16LE(method, 4)
    const local = Buffer.from(entry.localName ?? name)
    const head = Buffer.concat([Buffer.from('PK\x03\x04'), common, sizes, shorts(local.length, 0), local])
    const listed = Buffer.from(name)
    const external = Buffer.alloc(8)
    external.writeUInt32LE((mode << 16) >>> 0, 0)
    external.writeUInt32LE(offset, 4)
    directory.push(
      Buffer.concat([
        Buffer.from('PK\x01\x02'),
        shorts(0x314),
        common,
        sizes,
        shorts(listed.length, 0, 0, 0, 0),
        external,
        listed,
      ]),
    )
    parts.push(head, data)
    offset += head.length + data.length
  }
  const central = Buffer.concat(directory)
  const where = Buffer.alloc(8)
  where.writeUInt32LE(central.length, 0)
  where.writeUInt32LE(offset, 4)
  const end = Buffer.concat([Buffer.from('PK\x05\x06'), shorts(0, 0, entries.length, entries.length), where, shorts(0)])
  return Buffer.concat([...parts, central, end])
}

/** The files of an honest zip by name. */
export function unzipped(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf('PK\x05\x06')
  const files = new Map<string, Buffer>()
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameBytes = zip.readUInt16LE(at + 28)
    const local = zip.readUInt32LE(at + 42)
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const data = zip.subarray(from, from + zip.readUInt32LE(at + 20))
    files.set(
      zip.toString('utf8', at + 46, at + 46 + nameBytes),
      zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(data) : Buffer.from(data),
    )
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return files
}

function shorts(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2)
  for (const [index, value] of values.entries()) buffer.writeUInt16LE(value, index * 2)
  return buffer
}
