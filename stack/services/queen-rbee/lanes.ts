/** How many attempts are under way at once: each takes a lane, and those that find none wait in their order. */
export class Lanes {
  #most = Infinity
  #taken = 0
  readonly #waiting: (() => void)[] = []

  /** No more than so many at once from now on; those under way go on. */
  narrow(most: number): void {
    this.#most = Math.min(this.#most, most)
  }

  /** Resolves when there is a lane. Each must be left. */
  enter(): Promise<void> {
    return new Promise((resolve) => {
      const take = (): void => {
        this.#taken += 1
        resolve()
      }
      if (this.#taken < this.#most) take()
      else this.#waiting.push(take)
    })
  }

  leave(): void {
    this.#taken -= 1
    // Lanes may have become fewer since it was taken.
    if (this.#taken < this.#most) this.#waiting.shift()?.()
  }
}
