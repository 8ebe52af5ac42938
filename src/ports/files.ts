/** Files of a run. */

/** Where a run's files go. Paths are relative to the result file and come back as written. */
export interface ArtifactPort {
  write(path: string, text: string): Promise<string>
  /** The same for what is no text, and can hold none of anybody's; of any length. Whole, or not there at all. */
  writeBytes(path: string, bytes: AsyncIterable<Uint8Array>): Promise<string>
}

/** A file of the run's own, for what would be too much to keep in memory. */
export interface ScratchFile {
  /** Behind what is there, one after the other; resolves when it is written. */
  append(bytes: Uint8Array): Promise<void>
  /** From one byte up to another, the latter left out; both lie within what was appended. */
  read(from: number, to: number): AsyncIterable<Uint8Array>
  /** Idempotent. */
  remove(): Promise<void>
}
