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

/** The same with the name of the helper that works on it. */
export const helpedContainer = targetContainer.extend({ helper: z.string() })

/** Keys of the record of a fault of several containers of a service. `choice` is for people: `50 % of 4 → 2`. */
export function chosenContainers<T extends z.ZodType>(item: T) {
  return { target: z.string(), choice: z.string(), containers: listOf(item) }
}

/** Version 1 of every record also held `everything`, whether no service was left as a control: no undo asks for it. */
export function undoRecord<Plan extends JsonObject>(schema: z.ZodType<Plan>): RecordFormat<Plan> {
  const older = z.looseObject({}).transform(({ everything: _everything, ...plan }) => plan)
  return { version: 2, schema, upgrades: { 1: (plan) => older.safeParse(plan).data } }
}
