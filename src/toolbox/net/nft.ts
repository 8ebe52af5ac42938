import { z } from 'zod'
import { mustRun, runProgram } from '../programs/run-program.ts'

/** One address family for both IPv4 and IPv6: which one a connection takes is the stack's business. */
const FAMILY = 'inet'

const RULESET = z.object({
  nftables: z.array(
    z.object({
      table: z.object({ family: z.string(), name: z.string() }).optional(),
      chain: z.object({ family: z.string(), table: z.string(), name: z.string() }).optional(),
      counter: z.object({ name: z.string(), packets: z.number() }).optional(),
    }),
  ),
})

/** Applies commands as one transaction: all or nothing. */
export async function applyNft(commands: readonly string[]): Promise<void> {
  await mustRun('nft', ['-f', '-'], script(commands))
}

/**
 * Why the kernel would refuse these commands, or null. The dry run hands them to the kernel without the commit, so
 * missing expressions show and nothing changes.
 */
export async function refusedByNft(commands: readonly string[]): Promise<string | null> {
  const result = await runProgram('nft', ['-c', '-f', '-'], script(commands))
  return result.exitCode === 0 ? null : result.stderr.trim().slice(0, 500) || `nft exited with ${String(result.exitCode)}`
}

/** `create` fails when the table exists: rules of a former life must not mix with ours. */
export function createTable(table: string): string {
  return `create table ${FAMILY} ${table}`
}

export function addCounter(table: string, counter: string): string {
  return `add counter ${FAMILY} ${table} ${counter}`
}

/** A base chain before the usual filters (priority 0), so that packets are counted whatever the image's own rules say. */
export function createChain(table: string, hook: 'input' | 'output'): string {
  return `create chain ${FAMILY} ${table} ${hook} { type filter hook ${hook} priority -10 ; policy accept ; }`
}

/** A base chain that may send what leaves to another place, before the kernel (-200) looks which connection it belongs to. */
export function createRouteChain(table: string): string {
  return `create chain ${FAMILY} ${table} output { type route hook output priority -300 ; policy accept ; }`
}

export function addRule(table: string, hook: 'input' | 'output', rule: string): string {
  return `add rule ${FAMILY} ${table} ${hook} ${rule}`
}

export async function listTables(): Promise<string[]> {
  const { nftables } = await listJson(['list', 'tables'])
  return nftables.flatMap((entry) => (entry.table?.family === FAMILY ? [entry.table.name] : []))
}

/** True when it was there. */
export async function removeTable(table: string): Promise<boolean> {
  if (!(await listTables()).includes(table)) return false
  await mustRun('nft', ['delete', 'table', FAMILY, table])
  return true
}

/** Packets by counter name. */
export async function readCounters(table: string): Promise<Record<string, number>> {
  const { nftables } = await listJson(['list', 'counters', 'table', FAMILY, table])
  return Object.fromEntries(nftables.flatMap((entry) => (entry.counter ? [[entry.counter.name, entry.counter.packets]] : [])))
}

/** @throws Error when the counter is not there: no number is not zero. */
export function counterOf(counters: Readonly<Record<string, number>>, name: string): number {
  const packets = counters[name]
  if (packets === undefined) throw new Error(`nft counter '${name}' is gone: the table was removed or replaced by someone else`)
  return packets
}

async function listJson(argv: readonly string[]): Promise<z.infer<typeof RULESET>> {
  return RULESET.parse(JSON.parse(await mustRun('nft', ['-j', ...argv])))
}

function script(commands: readonly string[]): string {
  return `${commands.join('\n')}\n`
}
