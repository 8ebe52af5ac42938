/**
 * The toxics of toxiproxy 2.12 with their attributes. toxiproxy itself takes any attribute name and any value (rate -1 panics
 * the server), so this table is what refuses them.
 */
import { attribute, type AttributeRule } from '../shared/links/keys.ts'

/** Toxics that toxiproxy has, `down` included: there it is a proxy that is switched off. */
export const TOXIPROXY_TOXICS = {
  latency: [attribute('latency', 'ms', { required: true, minimum: 1 }), attribute('jitter', 'ms')],
  bandwidth: [attribute('rate', 'KB/s (1 KB = 1000 B)', { required: true, maximum: 100_000_000 })],
  slow_close: [attribute('delay', 'ms', { required: true, minimum: 1 })],
  timeout: [attribute('timeout', 'ms; 0 swallows everything until it is removed', { required: true })],
  reset_peer: [attribute('timeout', 'ms', { required: true })],
  slicer: [
    attribute('average_size', 'bytes', { required: true, minimum: 1 }),
    attribute('size_variation', 'bytes'),
    attribute('delay', 'µs'),
  ],
  limit_data: [attribute('bytes', 'bytes', { required: true, maximum: Number.MAX_SAFE_INTEGER })],
  down: [],
} as const satisfies Record<string, readonly AttributeRule[]>

export type ToxiproxyToxicName = keyof typeof TOXIPROXY_TOXICS

/** toxiproxy cuts slices of average_size ± size_variation: at or above the average a slice may have no bytes, and it crashes. */
export function slicerFits(attributes: Readonly<Record<string, number | undefined>>): boolean {
  const { average_size: size, size_variation: variation = 0 } = attributes
  // What is no size is refused by its own rule.
  return size === undefined || size < 1 || variation < size
}

/** In the order in which they are told to people. */
export const TOXIPROXY_TOXIC_NAMES = Object.keys(TOXIPROXY_TOXICS) as ToxiproxyToxicName[]
