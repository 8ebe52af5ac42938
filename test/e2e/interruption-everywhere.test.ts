/** Burners of CPU time and of memory in all services at once: it takes a machine that has its CPUs to spare. */
import { it } from 'vitest'
import { interruptedBySigint, killedAndCleaned } from './support/interrupted.ts'

const LIMIT_MS = 240_000

it('ST-006, SIGINT leaves nothing on the machine', () => interruptedBySigint('ST-006'), LIMIT_MS)

it('ST-006, SIGKILL and cleanup leave nothing on the machine', () => killedAndCleaned('ST-006'), LIMIT_MS)
