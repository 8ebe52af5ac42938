/** Server-sent events of a whole answer. Pure. */
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { isJsonObject, parseJson, type Json } from '../../core/json.ts'

/** Whole events only: what has no empty line after it was cut. */
export function eventsOf(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  createParser({ onEvent: (event) => events.push(event) }).feed(text)
  return events
}

/** As JSON where it is JSON. */
export function dataOf({ data }: EventSourceMessage): Json {
  return (parseJson(data) as Json | undefined) ?? data
}

/** null unless the event tells that something failed. */
export function errorIn(event: EventSourceMessage): string | null {
  if (event.event === 'error') return event.data
  const data = dataOf(event)
  if (!isJsonObject(data) || data['error'] === undefined || data['error'] === null) return null
  return JSON.stringify(data['error'])
}
