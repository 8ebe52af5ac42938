import { removeChain } from "./iptables.js";
import { removeTable } from "./nft.js";
/** Removes what of these is there; answers with what was. */
export async function removeRules(firewall, names, table, chains) {
    if (firewall === 'nft')
        return (await removeTable(names.table(table))) ? [`nft table ${names.table(table)}`] : [];
    const undone = [];
    for (const kind of chains)
        if (await removeChain(names.chain(kind)))
            undone.push(`iptables chain ${names.chain(kind)}`);
    return undone;
}
