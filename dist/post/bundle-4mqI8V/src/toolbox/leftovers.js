import { readdir } from 'node:fs/promises';
import { hasNetAdmin, requireNetAdmin } from "./helper-state.js";
import { listChains, removeChain } from "./iptables.js";
import { isOurs } from "./names.js";
import { listTables, removeTable } from "./nft.js";
import { runProgram } from "./run-program.js";
/**
 * What of any helper stands in this namespace. nft tables, iptables chains and a trial interface are the only kernel
 * objects that helpers make; they add no qdisc to anyone's interface.
 * @throws Error without NET_ADMIN: what cannot be listed is not "nothing".
 */
export async function findLeftovers() {
    await requireNetAdmin('looking for leftovers');
    const chains = await listChains();
    return [
        ...(await tables()).filter(isOurs).map((name) => `nft table ${name}`),
        ...chains.filter(({ chain }) => isOurs(chain)).map(({ backend, chain }) => `${backend} chain ${chain}`),
        ...(await readdir('/sys/class/net')).filter(isOurs).map((name) => `interface ${name}`),
    ];
}
/** Removes what this helper's word names, whichever helper made it: the undo for one that died. */
export async function sweepOwn(names) {
    // Without NET_ADMIN nothing was ever made under this word.
    if (!(await hasNetAdmin()))
        return [];
    const undone = [];
    for (const name of (await tables()).filter((table) => names.isOwn(table))) {
        if (await removeTable(name))
            undone.push(`nft table ${name}`);
    }
    const chains = new Set((await listChains()).map(({ chain }) => chain).filter((chain) => names.isOwn(chain)));
    for (const chain of chains)
        if (await removeChain(chain))
            undone.push(`iptables chain ${chain}`);
    return undone;
}
/** A kernel without nf_tables has no tables; with NET_ADMIN nothing else makes the listing fail. */
async function tables() {
    const { exitCode } = await runProgram('nft', ['list', 'tables']);
    return exitCode === 0 ? await listTables() : [];
}
