/** Parts of undo records that several faults have. */
import * as z from 'zod'
import type { JsonObject } from '../../core/json.ts'
import type { RecordFormat } from '../../kinds/define-fault.ts'

/** A list that nobody changes. */
export function listOf<T extends z.ZodType>(item: T): z.ZodReadonly<z.ZodArray<T>> {
  return z.array(item).readonly()
}

/** A container as a plan keeps it: its id, its name for people, and the restart policy that it had when it was chosen. */
export const targetContainer = z.strictObject({ id: z.string(), name: z.string(), restartPolicy: z.string() })
export type TargetContainer = z.infer<typeof targetContainer>

/** Version 1 of every record also held `everything`, whether no service was left as a control: no undo asks for it. */
export function undoRecord<Plan extends JsonObject>(schema: z.ZodType<Plan>): RecordFormat<Plan> {
  const older = z.looseObject({}).transform(({ everything: _everything, ...plan }) => plan)
  return { version: 2, schema, upgrades: { 1: (plan) => older.safeParse(plan).data } }
}
