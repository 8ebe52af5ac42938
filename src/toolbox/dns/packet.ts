/** The little of a DNS packet that a fault has to know (RFC 1035, section 4): who is asked for, and an answer that is a code alone. Pure. */

export const RCODES = { nxdomain: 3, refused: 5 } as const

export interface Question {
  /** In lower case, without a trailing dot; empty for the root. */
  readonly name: string
  /** Where the question ends in the packet, bytes. */
  readonly end: number
}

const HEADER_BYTES = 12
const LONGEST_LABEL_BYTES = 63
const LONGEST_NAME_BYTES = 255
/** Type and class after the name. */
const TAIL_BYTES = 4

/** What a packet asks; null for one that is no plain query of one whole question, of which nothing may be concluded. */
export function readQuestion(packet: Buffer): Question | null {
  if (packet.length < HEADER_BYTES) return null
  const flags = packet.readUInt16BE(2)
  const isAnswer = (flags & 0x80_00) !== 0
  const operation = flags & 0x78_00
  if (isAnswer || operation !== 0 || packet.readUInt16BE(4) !== 1) return null
  const labels: string[] = []
  let at = HEADER_BYTES
  for (;;) {
    const length = packet[at]
    // A pointer, which no question needs, has the two highest bits set, and so is too long for a label.
    if (length === undefined || length > LONGEST_LABEL_BYTES) return null
    at += 1
    if (length === 0) break
    const label = packet.toString('latin1', at, at + length)
    at += length
    // Such a dot is no end of a label, and the name would read as another one.
    if (at > packet.length || at - HEADER_BYTES >= LONGEST_NAME_BYTES || label.includes('.')) return null
    labels.push(label)
  }
  const end = at + TAIL_BYTES
  return end > packet.length ? null : { name: comparable(labels.join('.')), end }
}

/** Names are the same whatever the case of their letters, and with or without the dot at their end. */
export function comparable(name: string): string {
  const lower = name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

/** An answer that holds the question and nothing but a code. */
export function answerWith(code: number, packet: Buffer, { end }: Question): Buffer {
  const answer = Buffer.from(packet.subarray(0, end))
  const recursionDesired = answer.readUInt16BE(2) & 0x01_00
  // An answer, and recursion was to be had: what resolvers demand of a server that they believe.
  answer.writeUInt16BE(0x80_80 | recursionDesired | code, 2)
  answer.writeUInt16BE(0, 6)
  answer.writeUInt16BE(0, 8)
  answer.writeUInt16BE(0, 10)
  return answer
}
