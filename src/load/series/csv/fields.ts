/** Rows of CSV, of text with one character for each byte. Pure. */

const FEED = 10
const QUOTE = 34

/** Finds the newline after an even number of quotes; -1 when it has not come yet. */
export function endOfRow(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  if (end === -1 || !text.slice(start, end).includes('"')) return end
  let isInside = false
  for (let index = start; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) isInside = !isInside
    else if (code === FEED && !isInside) return index
  }
  return -1
}

/** Splits a row as RFC 4180 has it: a quote in a quoted field is written twice. */
export function quotedFields(row: string): string[] {
  const fields: string[] = []
  let from = 0
  while (from <= row.length) {
    if (row[from] !== '"') {
      const comma = row.indexOf(',', from)
      const to = comma === -1 ? row.length : comma
      fields.push(row.slice(from, to))
      from = to + 1
      continue
    }
    let close = row.indexOf('"', from + 1)
    while (close !== -1 && row[close + 1] === '"') close = row.indexOf('"', close + 2)
    if (close === -1) close = row.length
    fields.push(row.slice(from + 1, close).replaceAll('""', '"'))
    from = close + 2
  }
  return fields
}

/** Makes a copy: a slice of a longer text keeps the whole of it in memory. */
export function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
