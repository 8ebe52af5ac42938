export interface FillFacts {
  /** Bytes held by the filler files, by their blocks. */
  readonly filledBytes: number
  /**
   * How the last step ended: `done`, or `killed` (the writer was, as an OOM kill does), `refused` (ENOMEM: the limit is
   * reached, and whom the kernel killed for it has not given back enough yet), `full` (ENOSPC).
   */
  readonly end: 'done' | 'killed' | 'refused' | 'full'
}
