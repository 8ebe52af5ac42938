import { z } from 'zod'
import type { HelperState } from '../helper.ts'
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
export async function refusedByNft({ avoid }: Pick<HelperState, 'avoid'>, commands: readonly string[]): Promise<string | null> {
  if (avoid.has('nft')) return 'told to avoid it'
  const result = await runProgram('nft', ['-c', '-f', '-'], script(commands))
  return result.exitCode === 0 ? null : result.stderr.trim().slice(0, 500) || `nft exited with ${result.exitCode}`
}

const PRIORITIES = {
  /** Before the usual filters (0), so that packets are counted whatever the image's own rules say. */
  filter: '-10',
  /** May send what leaves to another place, before the kernel (-200) looks which connection it belongs to. */
  route: '-300',
} as const

/** A table of base chains. `create` fails when the table exists: rules of a former life must not mix with ours. */
export function nftTable(
  table: string,
  type: keyof typeof PRIORITIES,
  counters: readonly string[],
  chains: Readonly<Partial<Record<'input' | 'output', readonly string[]>>>,
): string[] {
  const hooks = Object.entries(chains)
  return [
    `create table ${FAMILY} ${table}`,
    ...hooks.map(([hook]) => {
      const place = `type ${type} hook ${hook} priority ${PRIORITIES[type]}`
      return `create chain ${FAMILY} ${table} ${hook} { ${place} ; policy accept ; }`
    }),
    ...counters.map((counter) => `add counter ${FAMILY} ${table} ${counter}`),
    ...hooks.flatMap(([hook, rules]) => rules.map((rule) => `add rule ${FAMILY} ${table} ${hook} ${rule}`)),
  ]
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
