/** What in a compose stack reaches beyond its own containers, in words for whoever has to allow it. */
import type { DangerKind } from './allow-untrusted.ts'

export interface Danger {
  /** null: of the stack, and of no service. */
  readonly service: string | null
  /** Where it stands in the merged configuration, `services.web.volumes[0]` for example. */
  readonly key: string
  readonly what: string
  readonly why: string
  /** The name by which `allow-untrusted` allows it. */
  readonly allow: DangerKind
}

/** For a danger's `what`: one value, bounded. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
