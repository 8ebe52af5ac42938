/** Tells of a request which job it asks for, before it is sent. */
import type { SendOptions, StackRequest } from '../../core/request.ts'

/** One that the system may call as it likes is told of at the end as well: until then it may be done at any moment. */
export async function askedFor<T>(
  what: StackRequest['asksFor'],
  job: () => string | null,
  { asks }: Pick<SendOptions, 'asks'>,
  send: () => Promise<T>,
): Promise<T> {
  if (what === 'nothing') return send()
  asks?.(job())
  try {
    return await send()
  } finally {
    if (what === 'job') asks?.(null)
  }
}
