declare module '@vercel/ncc' {
  interface Options {
    readonly cache?: string | false
    readonly externals?: Readonly<Record<string, string>>
    readonly minify?: boolean
    readonly quiet?: boolean
    readonly sourceMap?: boolean
  }
  /** webpack's; part of what ncc returns since 0.25, in no documentation of its own. */
  export interface BundledModule {
    readonly resource?: string
    readonly modules?: Iterable<BundledModule>
  }
  interface Output {
    readonly stats: { readonly compilation: { readonly modules: Iterable<BundledModule> } }
    readonly code: string
    readonly assets: Readonly<Record<string, { readonly source: string | Buffer; readonly permissions?: number } | undefined>>
  }
  export default function ncc(entry: string, options: Options): Promise<Output>
}
