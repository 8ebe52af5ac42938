/**
 * Finds where HTTP/1.1 answers end in a byte stream, and nothing more: bodies are counted and thrown
 * away. Our own because timings are wanted per packet and per connection, below any client's pooling.
 */
export interface FinishedResponse {
  readonly status: number
  /** The server will close, or said nothing that lets another answer follow. */
  readonly last: boolean
}

const MAX_HEAD_BYTES = 64 * 1024
const MAX_LINE_BYTES = 4 * 1024

type State =
  | { readonly in: 'head' }
  | { readonly in: 'body'; left: number }
  | { readonly in: 'until-close' }
  | { readonly in: 'chunk-size' }
  | { readonly in: 'chunk'; left: number }
  | { readonly in: 'trailer' }

export class ResponseParser {
  private state: State = { in: 'head' }
  private pending: Buffer = Buffer.alloc(0)
  private current: FinishedResponse = { status: 0, last: false }
  private readonly bodiless: boolean

  /** `bodiless`: the answers are to HEAD requests, whose heads tell of a body that never comes. */
  constructor({ bodiless = false }: { readonly bodiless?: boolean } = {}) {
    this.bodiless = bodiless
  }

  /** The answers that `chunk` finishes. @throws Error when it is no HTTP/1.1. */
  push(chunk: Buffer): FinishedResponse[] {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk])
    const finished: FinishedResponse[] = []
    for (;;) {
      const step = this.step()
      if (step === 'more') return finished
      if (step === 'finished') {
        finished.push(this.current)
        this.state = { in: 'head' }
      }
    }
  }

  /** The peer closed: finishes an answer whose end is just that. */
  end(): FinishedResponse | null {
    if (this.state.in !== 'until-close') return null
    this.state = { in: 'head' }
    return this.current
  }

  private step(): 'more' | 'next' | 'finished' {
    switch (this.state.in) {
      case 'head':
        return this.head()
      case 'body':
        return this.skip(this.state, 'finished')
      case 'until-close':
        this.pending = Buffer.alloc(0)
        return 'more'
      case 'chunk-size':
        return this.chunkSize()
      case 'chunk': {
        const step = this.skip(this.state, 'next')
        if (step === 'next') this.state = { in: 'chunk-size' }
        return step
      }
      case 'trailer':
        return this.trailer()
    }
  }

  private head(): 'more' | 'next' | 'finished' {
    const end = this.pending.indexOf('\r\n\r\n')
    if (end === -1) {
      if (this.pending.length > MAX_HEAD_BYTES) throw new Error('the head of an answer has no end')
      return 'more'
    }
    const [statusLine = '', ...lines] = this.pending.toString('latin1', 0, end).split('\r\n')
    this.pending = this.pending.subarray(end + 4)
    const status = /^HTTP\/1\.([01]) (\d{3})( |$)/.exec(statusLine)
    if (!status) throw new Error(`not an HTTP/1.1 answer: ${JSON.stringify(statusLine.slice(0, 80))}`)
    return this.framing(Number(status[2]), status[1] === '0', headersOf(lines))
  }

  private framing(status: number, oldVersion: boolean, headers: ReadonlyMap<string, string>): 'next' | 'finished' {
    // 100 Continue and its kin precede the real answer.
    if (status < 200) return 'next'
    const connection = headers.get('connection')?.toLowerCase()
    this.current = { status, last: connection === 'close' || (oldVersion && connection !== 'keep-alive') }
    if (this.bodiless || status === 204 || status === 304) return 'finished'
    if (headers.get('transfer-encoding')?.toLowerCase().endsWith('chunked') === true) {
      this.state = { in: 'chunk-size' }
      return 'next'
    }
    const length = headers.get('content-length')
    if (length === undefined) {
      this.current = { status, last: true }
      this.state = { in: 'until-close' }
      return 'next'
    }
    if (!/^\d{1,15}$/.test(length)) throw new Error(`not a content-length: ${JSON.stringify(length.slice(0, 40))}`)
    this.state = { in: 'body', left: Number(length) }
    return 'next'
  }

  private skip<T extends 'next' | 'finished'>(state: { left: number }, done: T): 'more' | T {
    const taken = Math.min(state.left, this.pending.length)
    state.left -= taken
    this.pending = this.pending.subarray(taken)
    return state.left === 0 ? done : 'more'
  }

  private chunkSize(): 'more' | 'next' {
    const line = this.line()
    if (line === null) return 'more'
    const size = /^([0-9a-fA-F]{1,12})\s*(;.*)?$/.exec(line)?.[1]
    if (size === undefined) throw new Error(`not a chunk size: ${JSON.stringify(line.slice(0, 40))}`)
    const bytes = Number.parseInt(size, 16)
    // The line end after the chunk's data is skipped with it.
    this.state = bytes === 0 ? { in: 'trailer' } : { in: 'chunk', left: bytes + 2 }
    return 'next'
  }

  private trailer(): 'more' | 'next' | 'finished' {
    const line = this.line()
    if (line === null) return 'more'
    return line === '' ? 'finished' : 'next'
  }

  private line(): string | null {
    const end = this.pending.indexOf('\r\n')
    if (end > MAX_LINE_BYTES || (end === -1 && this.pending.length > MAX_LINE_BYTES))
      throw new Error('a line of a chunked answer has no end')
    if (end === -1) return null
    const line = this.pending.toString('latin1', 0, end)
    this.pending = this.pending.subarray(end + 2)
    return line
  }
}

function headersOf(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      if (colon < 1) throw new Error(`not a header: ${JSON.stringify(line.slice(0, 80))}`)
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
}
