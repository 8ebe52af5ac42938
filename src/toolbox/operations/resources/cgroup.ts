/** Counters and limits of the cgroup of a process. */
import { defineOperation } from '../../define-operation.ts'
import { readCgroup } from '../../cgroup/facts.ts'
import { processRef } from '../arguments.ts'

export type { CgroupFacts } from '../../cgroup/facts.ts'

export const cgroupRead = defineOperation({ name: 'cgroup.read', args: processRef, limitMs: 0, run: readCgroup })
