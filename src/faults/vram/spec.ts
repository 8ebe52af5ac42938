/** What an entry asks for: so much of the GPU memory of the target in use, percent. */
export interface VramSpec {
  readonly target: string
  readonly percent: number
  /** Also on a GPU where processes compute that are not the target's. */
  readonly allowOthers?: boolean
}
