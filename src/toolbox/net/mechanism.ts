import { removeChain } from './iptables.ts'
import type { ObjectNames, TableKind, ChainKind } from './names.ts'
import { removeTable } from './nft.ts'

/** Where rules were put. Undo goes to that place only: trouble with a tool that was not used must not fail it. */
export type Firewall = 'nft' | 'iptables'

/** Removes what of these is there; answers with what was. */
export async function removeRules(
  firewall: Firewall,
  names: ObjectNames,
  table: TableKind,
  chains: readonly ChainKind[],
): Promise<string[]> {
  if (firewall === 'nft') return (await removeTable(names.table(table))) ? [`nft table ${names.table(table)}`] : []
  const undone: string[] = []
  for (const kind of chains) if (await removeChain(names.chain(kind))) undone.push(`iptables chain ${names.chain(kind)}`)
  return undone
}
