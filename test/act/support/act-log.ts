/** What act's log says: one JSON object a line. */
import { z } from 'zod'

const LINE = z.object({
  msg: z.string(),
  jobID: z.string().optional(),
  stepID: z.array(z.string()).optional(),
  jobResult: z.string().optional(),
  command: z.string().optional(),
  name: z.string().optional(),
  arg: z.string().optional(),
  content: z.string().optional(),
})

export interface ActLog {
  /** success, failure or skipped by id, as far as jobs came to an end. Jobs that call a workflow have none of their own. */
  readonly jobs: Readonly<Record<string, string>>
  /** By `JOB.STEP.NAME`; the last one where there are several. */
  readonly outputs: Readonly<Record<string, string>>
  /** What the runner was told to star out, as it understood it. */
  readonly masks: readonly string[]
  /** All step summaries, in order. */
  readonly summary: string
  /** What people read. */
  readonly text: string
}

/** Lines that are no JSON are act's own last words. */
export function readActLog(output: string): ActLog {
  const jobs: Record<string, string> = {}
  const outputs: Record<string, string> = {}
  const text: string[] = []
  const masks: string[] = []
  let summary = ''
  for (const line of output.split('\n')) {
    const parsed = LINE.safeParse(jsonOf(line))
    if (!parsed.success) {
      text.push(line)
      continue
    }
    const { msg, jobID = '', stepID = [], jobResult, command, name = '', arg = '', content = '' } = parsed.data
    text.push(msg.trimEnd())
    if (jobResult !== undefined) jobs[jobID] = jobResult
    if (command === 'set-output') outputs[[jobID, ...stepID, name].join('.')] = arg
    if (command === 'add-mask') masks.push(arg)
    if (command === 'summary') summary += content
  }
  return { jobs, outputs, masks, summary, text: text.join('\n') }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
