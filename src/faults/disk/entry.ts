import * as z from 'zod'
import { defineEntry } from '../../kinds/define-entry.ts'
import { oneOf, quantity, shaped } from '../../kinds/schema-kit.ts'
import { percentOf, RESOURCE, resourceTarget } from '../shared/entry-keys.ts'
import { disk } from './fault.ts'
import { DISK_UNITS } from './plan.ts'

const SHARE_OR_SIZE = /^(?:100|[1-9]\d?)%$|^[1-9]\d{0,9}(?:B|KiB|MiB|GiB)$/
const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_024 ** 2, GiB: 1_024 ** 3 }

export const diskEntry = defineEntry({
  ...RESOURCE,
  keys: {
    resource: z.literal('disk'),
    target: resourceTarget,
    threshold: shaped(
      SHARE_OR_SIZE,
      'a share such as "95%" (1 to 100) or a size such as "1000MiB" (B, KiB, MiB, GiB)',
      'How far it is used up, or how much is written',
    ),
    of: oneOf(DISK_UNITS, 'What of it; the default is bytes').optional(),
    path: shaped(
      /^\/[^\p{Cc}]*$/u,
      'an absolute path in the container',
      "In the volume to fill; the descriptor's data path of the service where it is left out",
    ).optional(),
    limit_bytes: quantity({
      unit: 'bytes',
      minimum: 1,
      maximum: 1_099_511_627_776,
      integer: true,
      description: "Never write more than this; needed for a path on the machine's own disk",
    }).optional(),
  },
  together(entry, refuse) {
    if (entry.text('of') !== 'inodes') return
    const threshold = entry.text('threshold')
    if (threshold !== null && !threshold.endsWith('%'))
      refuse('threshold', 'must be a share such as "100%" where inodes are used up')
  },
  lacks({ target, path }, { services }, tell) {
    if (path !== undefined) return
    const service = services.find(({ name }) => name === target)
    if (service?.data === null) tell([], `names no path, and service "${service.name}" has no data path`)
  },
  request({ target, threshold, of = 'bytes', path = null, limit_bytes: limitBytes = null }, missing) {
    const amount = threshold.endsWith('%')
      ? { of, percent: percentOf(threshold) }
      : { of: 'bytes' as const, bytes: bytesOf(threshold) }
    return disk.request({ target, amount, path, limitBytes }, missing)
  },
  docs: {
    what: 'a bounded volume is filled (`"100%"`, `"1000MiB"`)',
    options: '`of: "inodes"`, `path`, `limit_bytes` (needed on the machine\'s own disk)',
  },
})

/** Bytes of a size such as `1000MiB`. */
function bytesOf(size: string): number {
  const [, digits = '', unit = ''] = /^(\d+)(\D+)$/.exec(size) ?? []
  return Number(digits) * (UNITS[unit] ?? Number.NaN)
}
