declare module '@vercel/ncc' {
  interface Options {
    readonly cache?: string | false
    readonly externals?: Readonly<Record<string, string>>
    readonly license?: string
    readonly minify?: boolean
    readonly quiet?: boolean
    readonly sourceMap?: boolean
  }
  interface Output {
    readonly code: string
    readonly assets: Readonly<Record<string, { readonly source: string | Buffer; readonly permissions?: number } | undefined>>
  }
  export default function ncc(entry: string, options: Options): Promise<Output>
}
