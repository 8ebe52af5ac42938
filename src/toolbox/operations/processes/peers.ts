/** Who is connected with processes of containers, by the kernel's tables of their networks. Needs the host's pid namespace. */
import { readlink } from 'node:fs/promises'
import * as z from 'zod'
import { belongsTo, readCgroupPaths, readProcFile } from '../../cgroup/membership.ts'
import { defineOperation } from '../../define-operation.ts'
import { countPeers, type PeerTables } from '../../net/peers.ts'
import { errorCode } from '../../net/wire.ts'
import { port, processRef } from '../arguments.ts'

const MOST_PLACES = 500
const MOST_ADDRESSES = 200
const NOT_FOR_US = ['EACCES', 'EPERM', 'ENOENT', 'ESRCH']

const address = z.ipv4()

/** A port of the process's network that it listens on, and what it passes its connections on to. */
const passage = z.strictObject({ port, to: z.strictObject({ addresses: z.array(address).max(MOST_ADDRESSES), port }).nullable() })

const peersArgs = z.strictObject({
  places: z
    .array(z.strictObject({ ...processRef.shape, passage: passage.nullable() }))
    .min(1)
    .max(MOST_PLACES),
  /** All that runs: who shares a network with one of these speaks to it from within. */
  beside: z.array(processRef).max(MOST_PLACES),
  /** Connections with these are nobody's. */
  ours: z.array(address).max(MOST_ADDRESSES),
})
type PeerPlace = z.output<typeof peersArgs>['places'][number]

/** How many are connected with each place, those that have just left included (TIME_WAIT lasts a minute); null where it is not told, or others share its network. */
export const processPeers = defineOperation({
  name: 'process.peers',
  args: peersArgs,
  limitMs: 0,
  async run({ places, beside, ours }) {
    const networks = await Promise.all(beside.map(async (one) => ({ ...one, network: await networkOf(one.pid) })))
    return { peers: await Promise.all(places.map((place) => peersOf(place, networks, ours))) }
  },
})

interface InNetwork {
  readonly containerId: string
  readonly network: string | null
}

async function peersOf(
  { pid, containerId, passage: at }: PeerPlace,
  networks: readonly InNetwork[],
  ours: readonly string[],
): Promise<number | null> {
  const network = await networkOf(pid)
  const isShared = networks.some((one) => one.containerId !== containerId && (one.network === null || one.network === network))
  if (network === null || isShared) return null
  const [tcp, tcp6, udp, udp6, unix] = await Promise.all(
    ['net/tcp', 'net/tcp6', 'net/udp', 'net/udp6', 'net/unix'].map((name) => readProcFile(pid, name)),
  )
  // After the tables: what was read was that container's.
  const paths = await readCgroupPaths(pid)
  if (paths === null || !belongsTo(paths, containerId) || tcp === null || tcp === undefined) return null
  const tables: PeerTables = { tcp: [tcp, tcp6 ?? ''], udp: [udp ?? '', udp6 ?? ''], unix: unix ?? '' }
  return countPeers(tables, at, ours)
}

/** Its namespace as the kernel names it; null where it is gone, or not shown. */
async function networkOf(pid: number): Promise<string | null> {
  try {
    return await readlink(`/proc/${pid}/ns/net`)
  } catch (error) {
    if (NOT_FOR_US.includes(errorCode(error))) return null
    throw error
  }
}
