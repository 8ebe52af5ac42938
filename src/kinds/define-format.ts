/** A format as its folder defines it, and the one routine that shortens a report until it fits. */
import { LEVELS, type Extent, type Level, type ReportDocument } from './report-document.ts'

export interface FormatDefinition {
  /** As people ask for it. */
  readonly name: string
  /** Its name in the results folder; null for what is only printed. */
  readonly file: string | null
  /** Bytes of UTF-8 where nobody says otherwise; null for a format that is never shortened. */
  readonly maxBytes: number | null
  readonly extent: Extent
  /** Escapes and lays out. What is told, and in which order, is the document's. */
  render(document: ReportDocument, level: Level): string
  /** A line that is harmless wherever it is cut, for where not even the verdict fits. Without it nothing is left there. */
  lastLine?(document: ReportDocument): string
}

export interface Budget {
  /** Of UTF-8. */
  readonly bytes: number
  /** UTF-16 units: never fewer than what GitHub counts as characters. */
  readonly characters?: number
}

export interface Format extends Pick<FormatDefinition, 'name' | 'file' | 'extent'> {
  /** The fullest text of the document that is within the budget. */
  write(document: ReportDocument, budget?: Budget): string
}

export function defineFormat(definition: FormatDefinition): Format {
  const { name, file, maxBytes, extent } = definition
  return {
    ...{ name, file, extent },
    write(document, budget) {
      if (maxBytes === null) return definition.render(document, 'details')
      const { bytes, characters = Number.POSITIVE_INFINITY } = budget ?? { bytes: maxBytes }
      for (const level of LEVELS) {
        const text = definition.render(document, level)
        if (Buffer.byteLength(text) <= bytes && text.length <= characters) return text
      }
      // No text has more characters than bytes.
      return cutToBytes(definition.lastLine?.(document) ?? '', Math.min(bytes, characters))
    },
  }
}

const ELLIPSIS = '…'

function cutToBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  const room = maxBytes - Buffer.byteLength(ELLIPSIS)
  // A decoder that expects more keeps the beginning of a character to itself.
  return room < 0 ? '' : new TextDecoder().decode(bytes.subarray(0, room), { stream: true }) + ELLIPSIS
}
