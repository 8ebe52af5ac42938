/** A packet that asks for the IPv4 address of a name, with what a test changes of its header. */
export function query(
  name: string,
  {
    id = 1,
    flags = 0x01_00,
    questions = 1,
    additional = 0,
  }: { id?: number; flags?: number; questions?: number; additional?: number } = {},
): Buffer {
  const header = Buffer.alloc(12)
  for (const [index, value] of [id, flags, questions, 0, 0, additional].entries()) header.writeUInt16BE(value, 2 * index)
  const labels = name === '' ? [] : name.split('.').map((label) => `${String.fromCodePoint(label.length)}${label}`)
  return Buffer.concat([header, Buffer.from(`${labels.join('')}\0\0\u0001\0\u0001`, 'latin1')])
}
