/** Who is connected with processes of containers, by the kernel's tables of their networks. Needs the host's pid namespace. */
import * as z from 'zod'
import { belongsTo, readCgroupPaths, readProcFile } from '../../cgroup/membership.ts'
import { defineOperation } from '../../define-operation.ts'
import { countPeers, type PeerTables } from '../../net/peers.ts'
import { port, processRef } from '../arguments.ts'

const MOST_PLACES = 500
const MOST_ADDRESSES = 200

const address = z.ipv4()

/** A port of the process's network that it listens on, and what it passes its connections on to. */
const passage = z.strictObject({ port, to: z.strictObject({ addresses: z.array(address).max(MOST_ADDRESSES), port }).nullable() })

const peersArgs = z.strictObject({
  places: z
    .array(z.strictObject({ ...processRef.shape, passage: passage.nullable() }))
    .min(1)
    .max(MOST_PLACES),
  /** Connections with these are nobody's. */
  ours: z.array(address).max(MOST_ADDRESSES),
})
type PeerPlace = z.output<typeof peersArgs>['places'][number]

/** How many are connected with each place, those that have just left included (TIME_WAIT lasts a minute); null where it is not told. */
export const processPeers = defineOperation({
  name: 'process.peers',
  args: peersArgs,
  limitMs: 0,
  run: async ({ places, ours }) => ({ peers: await Promise.all(places.map((place) => peersOf(place, ours))) }),
})

async function peersOf({ pid, containerId, passage: at }: PeerPlace, ours: readonly string[]): Promise<number | null> {
  const [tcp, tcp6, udp, udp6, unix] = await Promise.all(
    ['net/tcp', 'net/tcp6', 'net/udp', 'net/udp6', 'net/unix'].map((name) => readProcFile(pid, name)),
  )
  // After the tables: what was read was that container's.
  const paths = await readCgroupPaths(pid)
  if (paths === null || !belongsTo(paths, containerId) || tcp === null || tcp === undefined) return null
  const tables: PeerTables = { tcp: [tcp, tcp6 ?? ''], udp: [udp ?? '', udp6 ?? ''], unix: unix ?? '' }
  return countPeers(tables, at, ours)
}
