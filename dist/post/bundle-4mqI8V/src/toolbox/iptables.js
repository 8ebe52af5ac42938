import { describeError } from "../core/errors.js";
import { mustRun, runProgram } from "./run-program.js";
/** The one over nf_tables first: where it works, legacy tables need not be loaded at all. */
const BACKENDS = ['iptables', 'iptables-legacy'];
/** `-w 2`: waits two seconds for the lock of another iptables. */
const LOCK = ['-w', '2'];
/** Installs all chains with the first backend that takes them, and says which. @throws Error with both refusals. */
export async function installChains(chains) {
    const refusals = [];
    for (const backend of BACKENDS) {
        try {
            for (const chain of chains)
                await installChain(backend, chain);
            return backend;
        }
        catch (error) {
            refusals.push(describeError(error, 400));
            for (const chain of chains)
                await removeChainFrom(backend, chain.chain);
        }
    }
    throw new Error(`iptables cannot do it either: ${refusals.join('; ')}`);
}
async function installChain(backend, { chain, hook, match, rules }) {
    await mustRun(backend, [...LOCK, '-N', chain]);
    for (const rule of rules)
        await mustRun(backend, [...LOCK, '-A', chain, ...rule]);
    // The jump comes last: nothing is hit by half of the rules.
    await mustRun(backend, [...LOCK, '-I', hook, '1', ...match, '-j', chain]);
}
/** Chains of both backends, with the packet count of each of their rules. */
export async function listChains() {
    const lists = await Promise.all(BACKENDS.map(async (backend) => parseSave(await save(backend)).map((entry) => ({ backend, ...entry }))));
    return lists.flat();
}
/** Packets by rule, in the order of the rules. @throws Error when the chain is not there. */
export async function readChain(backend, chain) {
    const found = parseSave(await save(backend)).find((entry) => entry.chain === chain);
    if (!found)
        throw new Error(`${backend} chain '${chain}' is gone: someone else removed it`);
    return found.packets;
}
/** True when it was there, in either backend. */
export async function removeChain(chain) {
    const removed = [];
    for (const backend of BACKENDS)
        removed.push(await removeChainFrom(backend, chain));
    return removed.includes(true);
}
async function removeChainFrom(backend, chain) {
    const text = await save(backend);
    for (const jump of parseJumps(text, chain))
        await mustRun(backend, [...LOCK, '-D', ...jump]);
    if (!parseSave(text).some((entry) => entry.chain === chain))
        return false;
    await mustRun(backend, [...LOCK, '-F', chain]);
    await mustRun(backend, [...LOCK, '-X', chain]);
    return true;
}
/** All rules with their packet counts. The saving programs only read; `-L`, and `-t` of the legacy one, would load its tables. */
async function save(backend) {
    const result = await runProgram(`${backend}-save`, ['-c']);
    if (result.exitCode === 0)
        return result.stdout;
    // A kernel without nf_tables has no chains of that kind. Any other failure must not read as "nothing there".
    if (backend === 'iptables' && (await runProgram('nft', ['list', 'tables'])).exitCode !== 0)
        return '';
    throw new Error(`${backend}-save exited with ${String(result.exitCode)}: ${result.stderr.trim().slice(0, 500)}`);
}
/** Chains and the packet counts of their rules, from `iptables-save -c`. */
export function parseSave(text) {
    const chains = new Map();
    for (const line of text.split('\n')) {
        const declared = /^:(\S+) /.exec(line);
        if (declared?.[1] !== undefined)
            chains.set(declared[1], []);
        const rule = /^\[(\d+):\d+\] -A (\S+) /.exec(line);
        if (rule?.[2] !== undefined)
            chains.get(rule[2])?.push(Number(rule[1]));
    }
    return [...chains].map(([chain, packets]) => ({ chain, packets }));
}
/** Arguments of `-D` for each rule of another chain that jumps to `chain`. */
export function parseJumps(text, chain) {
    return text.split('\n').flatMap((line) => {
        const jump = /^\[\d+:\d+\] -A (.*) -j (\S+)$/.exec(line);
        return jump?.[1] !== undefined && jump[2] === chain ? [[...jump[1].split(' '), '-j', chain]] : [];
    });
}
