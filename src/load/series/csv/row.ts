/** The words of a row of k6's CSV. */

export class RowTags {
  private readonly places: ReadonlyMap<string, number>
  private readonly fields: readonly string[]

  /** `places`: of the columns, by their names. */
  constructor(places: ReadonlyMap<string, number>, fields: readonly string[]) {
    this.places = places
    this.fields = fields
  }

  /** Gives the value of a tag, of k6's own or of the script; empty when the samples have none. */
  get(name: string): string {
    const place = this.places.get(name)
    return decoded(place === undefined ? pair(this.field(this.places.get('extra_tags')), name) : this.field(place))
  }

  private field(place = -1): string {
    return this.fields[place] ?? ''
  }
}

export class CsvRow {
  /** When it was taken, µs since the epoch. */
  timeUs = 0
  value = 0
  pairs = ''

  /** Gives the value of a key of the sample's metadata; empty when it has none. */
  metadata(key: string): string {
    return decoded(pair(this.pairs, key))
  }
}

/** The value of one key in `key=value&key=value`. */
function pair(text: string, key: string): string {
  if (text === '') return ''
  for (let start = 0; start <= text.length;) {
    const next = text.indexOf('&', start)
    const end = next === -1 ? text.length : next
    if (text.startsWith(key, start) && text.charCodeAt(start + key.length) === 61) return text.slice(start + key.length + 1, end)
    start = end + 1
  }
  return ''
}

/** As UTF-8. */
function decoded(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 127) return Buffer.from(text, 'latin1').toString('utf8')
  }
  return text
}
