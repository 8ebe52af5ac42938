import * as z from 'zod'
import { wallAt } from './moment.ts'

/** A wall time that was written down as ms since the epoch, read back. */
export const wallSchema = z.number().transform(wallAt)
