/** What the kernel lets this helper do. */
import { release } from 'node:os'
import { defineOperation } from '../define-operation.ts'
import { cgroupVersion } from '../cgroup/files.ts'
import type { HelperState } from '../helper.ts'
import { TRIAL_INTERFACE } from '../net/names.ts'
import { hasNetAdmin } from '../net/net-admin.ts'
import { nftTable, refusedByNft } from '../net/nft.ts'
import { canKillSockets } from '../net/socket-kill.ts'
import { mustRun, runProgram } from '../programs/run-program.ts'
import { none } from './arguments.ts'
import { payloadRefusal } from './network/marker.ts'

export const capabilities = defineOperation({
  name: 'capabilities',
  args: none,
  limitMs: 0,
  run: async (_, helper: HelperState) => {
    const { names, undo, avoid } = helper
    const own = {
      stressNg: !avoid.has('stress-ng') && (await hasProgram('stress-ng')),
      // Its own files are there for every container, whatever else it was given.
      cgroupVersion: await cgroupVersion('/sys/fs/cgroup'),
      kernel: release(),
    }
    // Without it nothing of the network can be done.
    if (!(await hasNetAdmin()))
      return { nft: false, nftRandom: false, nftPayload: false, netem: false, socketKill: false, ...own }
    const takes = async (...input: string[]): Promise<boolean> =>
      (await refusedByNft(helper, nftTable(names.table('check'), 'filter', ['seen'], { input }))) === null
    return {
      nft: await takes(),
      nftRandom: await takes('numgen random mod 10000 < 1 counter name "seen" drop'),
      nftPayload: (await payloadRefusal(helper)) === null,
      netem: await undo.exclusive(hasNetem),
      socketKill: !avoid.has('socket-kill') && (await canKillSockets()),
      ...own,
    }
  },
})

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
