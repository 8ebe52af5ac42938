/** The journal's records: one JSON object per line, the acceptance of a job or its end. */
import { errorText } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'
import { asRecord, parseTask, taskJson, type Task } from '../shared/task.ts'

export interface AcceptedJob {
  readonly id: string
  readonly task: Task
  /** As it stands in the journal. */
  readonly line: string
}

export function acceptLine(id: string, task: Task): string {
  return `{"op":"accept","id":${JSON.stringify(id)},"task":${taskJson(task)}}`
}

export function endLine(id: string): string {
  return `{"op":"end","id":${JSON.stringify(id)}}`
}

/** The jobs that have no end, in the order of their acceptance. A line that makes no sense is told and skipped. */
export function replay(lines: readonly string[], log: Logger): Map<string, AcceptedJob> {
  const open = new Map<string, AcceptedJob>()
  for (const line of lines) {
    try {
      apply(line, open)
    } catch (error) {
      log.warn({ event: 'journal_line_skipped', length: line.length, error: errorText(error) })
    }
  }
  return open
}

function apply(line: string, open: Map<string, AcceptedJob>): void {
  const { op, id, task } = asRecord(JSON.parse(line))
  if (typeof id !== 'string') throw new Error('no id')
  if (op === 'accept') open.set(id, { id, task: parseTask(task), line })
  else if (op === 'end') open.delete(id)
  else throw new Error('neither accept nor end')
}
