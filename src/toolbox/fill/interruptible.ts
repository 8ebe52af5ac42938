import type { UndoStack } from '../undo-stack.ts'

/** Work that an undo breaks off and waits for, so that nothing is made behind the undo's back. */
export class Interruptible {
  private controller = new AbortController()
  private tail: Promise<unknown> = Promise.resolve()
  private registered: Promise<void> | null = null

  /** Its undo is registered, and has not begun. */
  get isRegistered(): boolean {
    return this.registered !== null
  }

  /** Registers its undo unless it is: `remove` runs when no work does any more. */
  async register(undo: UndoStack, name: string, remove: () => Promise<string[]>): Promise<void> {
    const breakOffAndRemove = async (): Promise<string[]> => {
      // From now on work registers anew, and so comes after this.
      this.registered = null
      await this.breakOff()
      return await remove()
    }
    this.registered ??= undo.install(name, breakOffAndRemove, () => Promise.resolve())
    await this.registered
  }

  /** To be taken when a call comes in: it is aborted by any undo after that, also one before the work began. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** One at a time, in the order of the calls. @throws what the work throws, or the signal's reason when it was undone. */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const result = this.tail.then(async () => {
      signal.throwIfAborted()
      return await work()
    })
    this.tail = result.catch(() => undefined)
    return result
  }

  /** Ends when no work runs any more. Work that comes after it gets a new signal. */
  private async breakOff(): Promise<void> {
    const running = this.tail
    this.controller.abort(new Error('the work was undone before it had ended'))
    this.controller = new AbortController()
    await running
  }
}
