/** The machine under the containers. */
import { defineOperation } from '../../define-operation.ts'
import { readHostFacts } from '../../proc/host-facts.ts'
import { none } from '../arguments.ts'

export type { HostFacts } from '../../proc/host-facts.ts'

export const hostRead = defineOperation({ name: 'host.read', args: none, limitMs: 0, run: readHostFacts })
