import { readdir } from 'node:fs/promises'
import { runProgram } from '../programs/run-program.ts'
import { listChains, removeChain } from './iptables.ts'
import { isOurs, type ObjectNames } from './names.ts'
import { hasNetAdmin, requireNetAdmin } from './net-admin.ts'
import { netemInterfaces, removeNetem } from './netem.ts'
import { listTables, removeTable } from './nft.ts'

/**
 * What of any helper stands in this namespace. nft tables, iptables chains, qdiscs and a trial interface are the only kernel
 * objects that helpers make.
 * @throws Error without NET_ADMIN: what cannot be listed is not "nothing".
 */
export async function findLeftovers(): Promise<string[]> {
  await requireNetAdmin('looking for leftovers')
  const chains = await listChains()
  return [
    ...(await tables()).filter(isOurs).map((name) => `nft table ${name}`),
    ...chains.filter(({ chain }) => isOurs(chain)).map(({ backend, chain }) => `${backend} chain ${chain}`),
    ...(await netemInterfaces()).map((name) => `qdisc on ${name}`),
    ...(await readdir('/sys/class/net')).filter(isOurs).map((name) => `interface ${name}`),
  ]
}

/** Removes what this helper's word names, whichever helper made it: the undo for one that died. */
export async function sweepOwn(names: ObjectNames): Promise<string[]> {
  // Without NET_ADMIN nothing was ever made under this word.
  if (!(await hasNetAdmin())) return []
  const undone: string[] = []
  for (const name of (await tables()).filter((table) => names.isOwn(table))) {
    if (await removeTable(name)) undone.push(`nft table ${name}`)
  }
  const chains = new Set((await listChains()).map(({ chain }) => chain).filter((chain) => names.isOwn(chain)))
  for (const chain of chains) if (await removeChain(chain)) undone.push(`iptables chain ${chain}`)
  undone.push(...(await removeNetem(names)).map((dev) => `netem on ${dev}`))
  return undone
}

/** A kernel without nf_tables has no tables; with NET_ADMIN nothing else makes the listing fail. */
async function tables(): Promise<string[]> {
  const { exitCode } = await runProgram('nft', ['list', 'tables'])
  return exitCode === 0 ? await listTables() : []
}
