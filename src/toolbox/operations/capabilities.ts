/** What the kernel lets this helper do. */
import { release } from 'node:os'
import { defineOperation } from '../define-operation.ts'
import { cgroupVersion } from '../cgroup/files.ts'
import type { HelperState } from '../helper.ts'
import { TRIAL_INTERFACE } from '../net/names.ts'
import { hasNetAdmin } from '../net/net-admin.ts'
import { addCounter, addRule, createChain, createTable, refusedByNft } from '../net/nft.ts'
import { canKillSockets } from '../net/socket-kill.ts'
import { mustRun, runProgram } from '../programs/run-program.ts'
import { none } from './arguments.ts'
import { payloadRefusal } from './network/marker.ts'

interface ToolboxCapabilities {
  readonly nft: boolean
  readonly nftRandom: boolean
  readonly nftPayload: boolean
  readonly netem: boolean
  readonly socketKill: boolean
  readonly stressNg: boolean
  readonly cgroupVersion: 1 | 2
  readonly kernel: string
}

export const capabilities = defineOperation({
  name: 'capabilities',
  args: none,
  limitMs: 0,
  run: (_, helper: HelperState) => readCapabilities(helper),
})

/** Without NET_ADMIN nothing of the network can be done. */
async function readCapabilities({ names, undo, avoid }: HelperState): Promise<ToolboxCapabilities> {
  const own = {
    stressNg: !avoid.has('stress-ng') && (await hasProgram('stress-ng')),
    // Its own files are there for every container, whatever else it was given.
    cgroupVersion: await cgroupVersion('/sys/fs/cgroup'),
    kernel: release(),
  }
  if (!(await hasNetAdmin())) return { nft: false, nftRandom: false, nftPayload: false, netem: false, socketKill: false, ...own }
  const nftCan = async (refusal: Promise<string | null>): Promise<boolean> => !avoid.has('nft') && (await refusal) === null
  const table = names.table('check')
  const plain = [createTable(table), createChain(table, 'input'), addCounter(table, 'seen')]
  const random = [...plain, addRule(table, 'input', 'numgen random mod 10000 < 1 counter name "seen" drop')]
  return {
    nft: await nftCan(refusedByNft(plain)),
    nftRandom: await nftCan(refusedByNft(random)),
    nftPayload: await nftCan(payloadRefusal(names)),
    netem: await undo.exclusive(hasNetem),
    socketKill: !avoid.has('socket-kill') && (await canKillSockets()),
    ...own,
  }
}

async function hasProgram(file: string): Promise<boolean> {
  try {
    return (await runProgram(file, ['--version'])).exitCode === 0
  } catch {
    return false
  }
}

/**
 * tc has no dry run, so it is tried on a pair of interfaces of our own, never on one that carries traffic. A kernel that
 * gives us no such pair counts as one without netem: nothing of ours relies on it.
 */
async function hasNetem(): Promise<boolean> {
  const [trial, peer] = [TRIAL_INTERFACE, `${TRIAL_INTERFACE}p`]
  const added = await runProgram('ip', ['link', 'add', trial, 'type', 'veth', 'peer', 'name', peer])
  if (added.exitCode !== 0) return false
  try {
    return (await runProgram('tc', ['qdisc', 'add', 'dev', trial, 'root', 'netem', 'loss', '1%'])).exitCode === 0
  } finally {
    await mustRun('ip', ['link', 'delete', trial])
  }
}
