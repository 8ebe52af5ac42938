import { describeError } from "../core/errors.js";
import { requireNetAdmin } from "./helper-state.js";
import { installChains, readChain } from "./iptables.js";
import { removeRules } from "./mechanism.js";
import { addCounter, addRule, applyNft, counterOf, createChain, createTable, readCounters, refusedByNft } from "./nft.js";
import { readTcpCounters, tcpSince } from "./tcp-counters.js";
/** Loss on one leg: drops at the receiver's ingress, where the sender's TCP cannot tell it from a lossy network. */
export class Loss {
    state;
    reader = null;
    constructor(state) {
        this.state = state;
    }
    /** @throws Error when this helper already loses packets, or the kernel can do neither mechanism. */
    async install(args) {
        await requireNetAdmin('packet loss');
        const { names, undo, avoid } = this.state;
        const refusal = avoid.has('nft') ? 'told to avoid it' : await refusedByNft(nftCommands(names, 'check', args));
        const remove = async () => {
            const undone = await removeRules(refusal === null ? 'nft' : 'iptables', names, 'loss', ['l']);
            this.reader = null;
            return undone;
        };
        return await undo.install('packet loss', remove, async () => {
            const before = await readTcpCounters();
            const { mechanism, counts } = refusal === null ? await installByNft(names, args) : await installByIptables(names, args, refusal);
            this.reader = async () => ({ ...(await counts()), retransmits: tcpSince(before, await readTcpCounters()).retransmits });
            return { mechanism };
        });
    }
    /** @throws Error when nothing is installed, or someone else removed it. */
    async read() {
        if (this.reader === null)
            throw new Error('no packet loss is installed by this helper');
        return await this.reader();
    }
}
async function installByNft(names, args) {
    await applyNft(nftCommands(names, 'loss', args));
    return {
        mechanism: 'nft numgen random drop at ingress',
        counts: async () => {
            const counters = await readCounters(names.table('loss'));
            return { packets: counterOf(counters, 'seen'), dropped: counterOf(counters, 'dropped') };
        },
    };
}
/** Loopback is left out: a health check inside the container is no traffic of the leg. */
function nftCommands(names, kind, { port, side, percent }) {
    const table = names.table(kind);
    const threshold = String(Math.round(percent * 100));
    const match = `iifname != "lo" tcp ${portOf(side)} ${String(port)}`;
    return [
        createTable(table),
        createChain(table, 'input'),
        addCounter(table, 'seen'),
        addCounter(table, 'dropped'),
        addRule(table, 'input', `${match} counter name "seen" numgen random mod 10000 < ${threshold} counter name "dropped" drop`),
    ];
}
async function installByIptables(names, { port, side, percent }, refusal) {
    const chain = names.chain('l');
    const match = ['-p', 'tcp', `--${portOf(side)}`, String(port)];
    const random = ['-m', 'statistic', '--mode', 'random', '--probability', (percent / 100).toFixed(4)];
    const rules = [match, [...match, ...random, '-j', 'DROP']];
    const backend = await installChains([{ chain, hook: 'INPUT', match: ['!', '-i', 'lo', '-p', 'tcp'], rules }]).catch((error) => {
        throw new Error(`this kernel has no random drop: nft: ${refusal}; ${describeError(error, 800)}`);
    });
    return {
        mechanism: `${backend} statistic random drop at ingress`,
        counts: async () => {
            const [packets, dropped] = await readChain(backend, chain);
            if (packets === undefined || dropped === undefined)
                throw new Error(`${backend} chain '${chain}' lost its rules`);
            return { packets, dropped };
        },
    };
}
/** What arrives at the client's end comes from the server's port; what arrives at the server's end goes to it. */
function portOf(side) {
    return side === 'client' ? 'sport' : 'dport';
}
