/** Parts of undo records that several faults have. */
import * as z from 'zod'

/** A list that nobody changes. */
export function listOf<T extends z.ZodType>(item: T): z.ZodReadonly<z.ZodArray<T>> {
  return z.array(item).readonly()
}

/** A container as a plan keeps it: its id, its name for people, and the restart policy that it had when it was chosen. */
export const targetContainer = z.strictObject({ id: z.string(), name: z.string(), restartPolicy: z.string() })
export type TargetContainer = z.infer<typeof targetContainer>
