/** What becomes of an answer that comes late. */
export class LateAnswers {
  readonly #mixedUpAfterMs: number
  #before: Buffer | null = null

  /** @param mixedUpAfterMs - An answer that takes longer gets the text of the one before it that did; Infinity for none. */
  constructor(mixedUpAfterMs: number) {
    this.#mixedUpAfterMs = mixedUpAfterMs
  }

  /** What is sent in the place of `body`. */
  take(body: Buffer, tookMs: number): Buffer {
    if (tookMs <= this.#mixedUpAfterMs) return body
    const sent = this.#before ?? body
    this.#before = body
    return sent
  }
}
