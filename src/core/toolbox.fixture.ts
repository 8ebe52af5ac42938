/** A helper whose answers are given by the test; what it does not give must not be asked for. */
import type { ToolboxOperation, ToolboxOperations } from '../toolbox/operations/registry.ts'
import type { ToolboxHelper } from './ports.ts'

/** By operation. */
export type Answers = {
  readonly [O in ToolboxOperation]?: (
    args: ToolboxOperations[O]['args'],
  ) => ToolboxOperations[O]['reply'] | Promise<ToolboxOperations[O]['reply']>
}

export function helper(name: string, answers: Answers): ToolboxHelper {
  return {
    name,
    async call<O extends ToolboxOperation>(op: O, args: ToolboxOperations[O]['args']) {
      const answer = answers[op]
      if (answer === undefined) throw new Error(`${op} is not given by this test`)
      return await answer(args)
    },
  }
}
