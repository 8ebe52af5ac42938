/**
 * The on-disk list of undo records. A record is on disk before anything is done, so that another process can undo it:
 * the action's post step, `cleanup`, or the sweep before the next run.
 */
import { appendFile, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ChaosError, describeError } from "../core/errors.js";
const leaseSchema = z.strictObject({
    runId: z.string(),
    pid: z.number().int(),
    /** Start time of the process in clock ticks since boot: a reused pid has another one. */
    processStart: z.string(),
    startedAt: z.string(),
});
const lineSchema = z.discriminatedUnion('op', [
    z.strictObject({
        op: z.literal('open'),
        entry: z.number().int(),
        scenarioId: z.string(),
        kind: z.string(),
        plan: z.custom((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
    }),
    z.strictObject({ op: z.literal('close'), entry: z.number().int() }),
]);
const LEASE_FILE = 'lease.json';
const LEDGER_FILE = 'ledger.jsonl';
/** Of a live run: held by this process until `release`. */
export class Ledger {
    folder;
    next = 1;
    constructor(folder) {
        this.folder = folder;
    }
    /** Creates the run's folder, mode 0700, with a lease in the name of this process. */
    static async hold(stateDir, runId, startedAt) {
        const folder = runFolder(stateDir, runId);
        await mkdir(join(stateDir, 'runs'), { recursive: true, mode: 0o700 });
        await mkdir(folder, { mode: 0o700 });
        const lease = { runId, pid: process.pid, processStart: (await processStart(process.pid)) ?? 'unknown', startedAt };
        await writeFile(join(folder, LEASE_FILE), JSON.stringify(lease), { mode: 0o600 });
        await writeFile(join(folder, LEDGER_FILE), '', { mode: 0o600 });
        return new Ledger(folder);
    }
    /** On disk, synced, before this resolves. */
    async append(record) {
        const entry = this.next;
        this.next += 1;
        await this.write({ op: 'open', entry, ...record });
        return entry;
    }
    async close(entry) {
        await this.write({ op: 'close', entry });
    }
    /** Ends the lease: the folder goes, unless an entry is still open, which then waits for `cleanup`. */
    async release() {
        const open = await readOpenEntries(this.folder);
        if (open.length === 0)
            await rm(this.folder, { recursive: true, force: true });
    }
    async write(line) {
        try {
            const file = await open(join(this.folder, LEDGER_FILE), 'a', 0o600);
            try {
                await file.appendFile(`${JSON.stringify(line)}\n`);
                await file.sync();
            }
            finally {
                await file.close();
            }
        }
        catch (error) {
            throw new ChaosError('LEDGER_FAILED', `could not write the undo record to ${this.folder}`, {
                cause: error,
                hint: 'Nothing was injected. Set CHAOS_STATE_DIR to a folder that can be written.',
            });
        }
    }
}
export function runFolder(stateDir, runId) {
    return join(stateDir, 'runs', runId);
}
/** Run ids with a folder under the state directory, oldest name first. */
export async function knownRuns(stateDir) {
    try {
        return (await readdir(join(stateDir, 'runs'))).sort();
    }
    catch (error) {
        if (isMissing(error))
            return [];
        throw error;
    }
}
/** True when the process that holds the run is alive: same pid and same start time. A run without a lease has no holder. */
export async function isHeld(stateDir, runId) {
    let text;
    try {
        text = await readFile(join(runFolder(stateDir, runId), LEASE_FILE), 'utf8');
    }
    catch (error) {
        if (isMissing(error))
            return false;
        throw error;
    }
    const parsed = leaseSchema.safeParse(parseJson(text));
    // A lease is written whole before anything is started; one that cannot be read belongs to a process that died early.
    if (!parsed.success)
        return false;
    return (await processStart(parsed.data.pid)) === parsed.data.processStart;
}
/** Open entries of a dead run, newest first: the order in which they are undone. */
export async function readOpenEntries(folder) {
    let text;
    try {
        text = await readFile(join(folder, LEDGER_FILE), 'utf8');
    }
    catch (error) {
        if (isMissing(error))
            return [];
        throw error;
    }
    const open = new Map();
    const lines = text.split('\n').filter((line) => line !== '');
    for (const [index, line] of lines.entries()) {
        const parsed = lineSchema.safeParse(parseJson(line));
        if (!parsed.success) {
            // A torn last line was never acknowledged, so nothing was done for it; anything else is damage.
            if (index === lines.length - 1 && !text.endsWith('\n'))
                continue;
            throw new ChaosError('LEDGER_FAILED', `line ${String(index + 1)} of ${join(folder, LEDGER_FILE)} is damaged: ${describeError(parsed.error, 200)}`);
        }
        if (parsed.data.op === 'open') {
            open.set(parsed.data.entry, {
                entry: parsed.data.entry,
                scenarioId: parsed.data.scenarioId,
                kind: parsed.data.kind,
                plan: parsed.data.plan,
            });
        }
        else {
            open.delete(parsed.data.entry);
        }
    }
    return [...open.values()].reverse();
}
/** Marks entries of a dead run as undone. */
export async function closeEntry(folder, entry) {
    await appendFile(join(folder, LEDGER_FILE), `${JSON.stringify({ op: 'close', entry })}\n`);
}
/** Field 22 of /proc/PID/stat, after the command name, which may itself contain blanks and brackets. */
async function processStart(pid) {
    try {
        const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
        return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
    }
    catch (error) {
        if (isMissing(error))
            return null;
        throw error;
    }
}
function isMissing(error) {
    return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
function parseJson(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}
