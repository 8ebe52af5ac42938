/** An operation of the toolbox as its own file defines it: what it takes, what it answers, and how long that may take. */
import * as z from 'zod'
import { TOOLBOX_LONGEST_MS } from '../core/toolbox.ts'

/** `Helper` is what the program in the container hands to each operation that it runs. */
interface OperationDefinition<Name extends string, Schema extends z.ZodType, Reply, Helper> {
  /** As requests call it. */
  readonly name: Name
  /** All that it accepts: unknown keys are refused, and everything has a limit. */
  readonly args: Schema
  /** How long it may take, ms, beside what every call is given: 0 for one that only does something. */
  readonly limitMs: number | ((args: z.output<Schema>) => number)
  /** @throws Error with the reason why it could not be done. */
  readonly run: (args: z.output<Schema>, helper: Helper) => Reply | Promise<Reply>
}

/** A request whose arguments were checked. */
interface AcceptedRequest<Reply, Helper> {
  readonly limitMs: number
  readonly run: (helper: Helper) => Promise<Reply>
}

interface DefinedOperation<Name extends string, Schema extends z.ZodType, Reply, Helper> {
  readonly name: Name
  readonly args: Schema
  /** @throws Error naming the key and what is wrong with it, and for what would take longer than any operation may. */
  readonly accept: (args: unknown) => AcceptedRequest<Reply, Helper>
}

/** What each of some operations takes and answers, by name. */
export type OperationsOf<Defined extends DefinedOperation<string, z.ZodType, unknown, never>> = {
  [Each in Defined as Each['name']]: {
    args: z.output<Each['args']>
    reply: Awaited<ReturnType<ReturnType<Each['accept']>['run']>>
  }
}

export function defineOperation<const Name extends string, Schema extends z.ZodType, Reply, Helper>(
  definition: OperationDefinition<Name, Schema, Reply, Helper>,
): DefinedOperation<Name, Schema, Reply, Helper> {
  const { name, args: schema, limitMs } = definition
  return {
    name,
    args: schema,
    accept(value) {
      const parsed = schema.safeParse(value)
      if (!parsed.success) throw new Error(`bad arguments for ${name}: ${z.prettifyError(parsed.error)}`)
      const args = parsed.data
      const ownMs = typeof limitMs === 'number' ? limitMs : limitMs(args)
      if (ownMs > TOOLBOX_LONGEST_MS) throw new Error(`bad arguments for ${name}: all together would take over 10 minutes`)
      return { limitMs: ownMs, run: async (helper) => await definition.run(args, helper) }
    },
  }
}
