/** A helper whose answers are given by the test; what it does not give must not be asked for. */
import type { ArgumentsOf, ReplyOf, ToolboxOperation } from '../toolbox/operations/registry.ts'
import type { ToolboxHelper } from './toolbox.ts'

/** By operation. */
export type Answers = {
  readonly [O in ToolboxOperation]?: (args: ArgumentsOf<O>) => ReplyOf<O> | Promise<ReplyOf<O>>
}

export function helper(name: string, answers: Answers): ToolboxHelper {
  return {
    name,
    async call<O extends ToolboxOperation>(op: O, args: ArgumentsOf<O>) {
      const answer = answers[op]
      if (answer === undefined) throw new Error(`${op} is not given by this test`)
      return await answer(args)
    },
  }
}
