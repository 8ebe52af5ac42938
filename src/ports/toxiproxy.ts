export interface Toxic {
  readonly name: string
  readonly type: string
  readonly stream: 'upstream' | 'downstream'
  readonly toxicity: number
  readonly attributes: Readonly<Record<string, number>>
}

export interface ToxiproxyProxy {
  readonly name: string
  readonly listen: string
  readonly upstream: string
  readonly enabled: boolean
  readonly toxics: readonly Toxic[]
}

/** toxiproxy's REST API, the part we use. Every call reads back what it set, as the server accepts typos. */
export interface ToxiproxyPort {
  proxies(signal: AbortSignal): Promise<ToxiproxyProxy[]>
  addToxic(proxy: string, toxic: Toxic, signal: AbortSignal): Promise<void>
  /** True when it was there. */
  removeToxic(proxy: string, toxic: string, signal: AbortSignal): Promise<boolean>
  setEnabled(proxy: string, enabled: boolean, signal: AbortSignal): Promise<void>
}
