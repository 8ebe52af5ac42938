import { removeChain } from './iptables.ts'
import type { ObjectNames } from './names.ts'
import { removeTable } from './nft.ts'

/** Where rules were put. Undo goes to that place only: trouble with a tool that was not used must not fail it. */
export type Firewall = 'nft' | 'iptables'

/** Removes what of these is there; answers with what was. */
export async function removeRules(
  firewall: Firewall,
  names: ObjectNames,
  table: string,
  chains: readonly string[],
): Promise<string[]> {
  if (firewall === 'nft') return (await removeTable(names.table(table))) ? [`nft table ${names.table(table)}`] : []
  const undone: string[] = []
  for (const what of chains) if (await removeChain(names.chain(what))) undone.push(`iptables chain ${names.chain(what)}`)
  return undone
}
