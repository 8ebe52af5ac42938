import { describeError } from '../../core/errors.ts'
import { mustRun, runProgram } from '../programs/run-program.ts'

/**
 * The way out for kernels whose nftables lacks an expression: rules in chains of our own, reached by one jump each.
 * IPv4 only, which is what Docker networks use unless told otherwise.
 */
export interface IptablesChain {
  /** `filter` where it is left out. */
  readonly table?: 'filter' | 'nat' | 'raw'
  readonly chain: string
  readonly hook: 'INPUT' | 'OUTPUT'
  /** Matches of the jump. */
  readonly match: readonly string[]
  /** Rules in order; a rule without `-j` only counts. */
  readonly rules: readonly (readonly string[])[]
}

type Backend = 'iptables' | 'iptables-legacy'
/** The one over nf_tables first: where it works, legacy tables need not be loaded at all. */
const BACKENDS: readonly Backend[] = ['iptables', 'iptables-legacy']
/** `-w 2`: waits two seconds for the lock of another iptables. */
const LOCK = ['-w', '2']

/**
 * Installs all chains, in their order, with the first backend that takes them, and says which. Chains of one name in several
 * tables are one to whoever removes it.
 * @throws Error with both refusals.
 */
export async function installChains(chains: readonly IptablesChain[]): Promise<Backend> {
  const refusals: string[] = []
  for (const backend of BACKENDS) {
    try {
      for (const chain of chains) await installChain(backend, chain)
      return backend
    } catch (error) {
      refusals.push(describeError(error, 400))
      for (const chain of chains) await removeChainFrom(backend, chain.chain)
    }
  }
  throw new Error(`iptables cannot do it either: ${refusals.join('; ')}`)
}

async function installChain(backend: Backend, { table = 'filter', chain, hook, match, rules }: IptablesChain): Promise<void> {
  const run = (argv: readonly string[]): Promise<string> => mustRun(backend, [...LOCK, '-t', table, ...argv])
  await run(['-N', chain])
  for (const rule of rules) await run(['-A', chain, ...rule])
  // The jump comes last: nothing is hit by half of the rules.
  await run(['-I', hook, '1', ...match, '-j', chain])
}

/** Chains of both backends, with the packet count of each of their rules. */
export async function listChains(): Promise<(SavedChain & { readonly backend: Backend })[]> {
  const lists = await Promise.all(
    BACKENDS.map(async (backend) => parseSave(await save(backend)).map((entry) => ({ backend, ...entry }))),
  )
  return lists.flat()
}

/** Packets by rule, in the order of the rules. @throws Error when the chain is not there. */
export async function readChain(backend: Backend, chain: string): Promise<number[]> {
  const found = parseSave(await save(backend)).find((entry) => entry.chain === chain)
  if (!found) throw new Error(`${backend} chain '${chain}' is gone: someone else removed it`)
  return found.packets
}

/** True when it was there, in either backend. */
export async function removeChain(chain: string): Promise<boolean> {
  const removed = []
  for (const backend of BACKENDS) removed.push(await removeChainFrom(backend, chain))
  return removed.includes(true)
}

async function removeChainFrom(backend: Backend, chain: string): Promise<boolean> {
  const text = await save(backend)
  // What tells connections apart goes last: without it one would be led as long ago.
  const jumps = parseJumps(text, chain).toSorted((one, other) => Number(one.table === 'raw') - Number(other.table === 'raw'))
  for (const { table, jump } of jumps) await mustRun(backend, [...LOCK, '-t', table, '-D', ...jump])
  const found = parseSave(text).filter((entry) => entry.chain === chain)
  for (const { table } of found) {
    await mustRun(backend, [...LOCK, '-t', table, '-F', chain])
    await mustRun(backend, [...LOCK, '-t', table, '-X', chain])
  }
  return found.length > 0
}

/** All rules with their packet counts. The saving programs only read; `-L`, and `-t` of the legacy one, would load its tables. */
async function save(backend: Backend): Promise<string> {
  const result = await runProgram(`${backend}-save`, ['-c'])
  if (result.exitCode === 0) return result.stdout
  // A kernel without nf_tables has no chains of that kind. Any other failure must not read as "nothing there".
  if (backend === 'iptables' && (await runProgram('nft', ['list', 'tables'])).exitCode !== 0) return ''
  throw new Error(`${backend}-save exited with ${result.exitCode}: ${result.stderr.trim().slice(0, 500)}`)
}

interface SavedChain {
  readonly table: string
  readonly chain: string
  /** By rule, in the order of the rules. */
  readonly packets: number[]
}

/** Chains and the packet counts of their rules, from `iptables-save -c`. */
export function parseSave(text: string): SavedChain[] {
  return tablesOf(text).flatMap(({ table, lines }) => {
    const chains = new Map<string, SavedChain>()
    for (const line of lines) {
      const declared = /^:(\S+) /.exec(line)?.[1]
      if (declared !== undefined) chains.set(declared, { table, chain: declared, packets: [] })
      const rule = /^\[(\d+):\d+\] -A (\S+) /.exec(line)
      if (rule?.[2] !== undefined) chains.get(rule[2])?.packets.push(Number(rule[1]))
    }
    return [...chains.values()]
  })
}

/** Arguments of `-D` for each rule of another chain that jumps to `chain`, and the table that it stands in. */
export function parseJumps(text: string, chain: string): { table: string; jump: string[] }[] {
  return tablesOf(text).flatMap(({ table, lines }) =>
    lines.flatMap((line) => {
      const jump = /^\[\d+:\d+\] -A (.*) -j (\S+)$/.exec(line)
      return jump?.[1] !== undefined && jump[2] === chain ? [{ table, jump: [...jump[1].split(' '), '-j', chain] }] : []
    }),
  )
}

/** Each table begins with a line of its name: `*nat`. */
function tablesOf(text: string): { table: string; lines: string[] }[] {
  return `\n${text}`
    .split('\n*')
    .slice(1)
    .map((part) => {
      const [table = '', ...lines] = part.split('\n')
      return { table, lines }
    })
}
