/**
 * Loss by a queueing discipline, for kernels whose firewall has no random match. netem acts where packets leave, so the
 * sender's end of a leg is where it is put; it tells the sender's TCP nothing of what it drops. Other traffic of the
 * interface goes past it: a filter sends it only what belongs to the leg.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { TOOLBOX_ALL_OBJECTS } from '../../core/toolbox.ts'
import { mustRun, runProgram } from '../programs/run-program.ts'
import type { ObjectNames } from './names.ts'

const INTERFACES = '/sys/class/net'
const FLAG_UP = 1
/** Handle of the root qdisc that we put in place of an interface's default: that it is ours. */
const ROOT_HANDLE = 'ca05:'
/** Its class for the leg. Everything else takes the first one, whatever its priority. */
const LEG_CLASS = `${ROOT_HANDLE}4`
const ALL_TO_THE_FIRST = Array.from({ length: 16 }, () => '0')

const QDISCS = z.array(
  z.object({
    kind: z.string(),
    handle: z.string(),
    dev: z.string().optional(),
    packets: z.number().optional(),
    drops: z.number().optional(),
  }),
)

type Qdisc = z.infer<typeof QDISCS>[number]

export interface Match {
  readonly port: number
  readonly of: 'sport' | 'dport'
}

/** @throws Error when the kernel has no netem, or an interface has a root qdisc that someone made. */
export async function installNetem(names: ObjectNames, { port, of }: Match, percent: number): Promise<void> {
  const interfaces = await interfacesUp()
  if (interfaces.length === 0) throw new Error('there is no interface but the loopback')
  for (const dev of interfaces) {
    await tc('qdisc', 'add', 'dev', dev, 'root', 'handle', ROOT_HANDLE, 'prio', 'bands', '4', 'priomap', ...ALL_TO_THE_FIRST)
    await tc('qdisc', 'add', 'dev', dev, 'parent', LEG_CLASS, 'handle', handleOf(names), 'netem', 'loss', `${percent}%`)
    for (const [priority, protocol, ip] of [
      ['1', 'ip', 'ip'],
      ['2', 'ipv6', 'ip6'],
    ] as const) {
      const tcp = ['match', ip, 'protocol', '6', '0xff', 'match', ip, of, String(port), '0xffff']
      const at = ['dev', dev, 'parent', ROOT_HANDLE, 'protocol', protocol, 'prio', priority]
      await tc('filter', 'add', ...at, 'u32', ...tcp, 'flowid', LEG_CLASS)
    }
  }
}

/** Packets of the leg that came to netem, and those that it dropped. @throws Error when it is not there any more. */
export async function readNetem(names: ObjectNames): Promise<{ packets: number; dropped: number }> {
  const found = (await qdiscs()).filter(({ kind, handle }) => kind === 'netem' && handle === handleOf(names))
  if (found.length === 0) throw new Error('the netem qdisc is gone: someone else removed it')
  const sum = (of: (qdisc: Qdisc) => number | undefined): number => found.reduce((total, qdisc) => total + (of(qdisc) ?? 0), 0)
  // Its count of packets is of those that it let through.
  const dropped = sum(({ drops }) => drops)
  return { packets: sum(({ packets }) => packets) + dropped, dropped }
}

/** Interfaces with a root qdisc that a helper put there. */
export async function netemInterfaces(): Promise<string[]> {
  return (await qdiscs()).flatMap(({ handle, dev }) => (handle === ROOT_HANDLE && dev !== undefined ? [dev] : []))
}

/** Gives the interfaces their default back where these names' helper took it. @returns the names of these interfaces. */
export async function removeNetem(names: ObjectNames): Promise<string[]> {
  const all = await qdiscs()
  const isOwn = (dev: string): boolean => {
    const inner = all.filter((qdisc) => qdisc.dev === dev && qdisc.kind === 'netem')
    // Between two commands of an install there may be no netem in it yet.
    return names.word === TOOLBOX_ALL_OBJECTS || inner.length === 0 || inner.some(({ handle }) => handle === handleOf(names))
  }
  const own = (await netemInterfaces()).filter(isOwn)
  for (const dev of own) await tc('qdisc', 'delete', 'dev', dev, 'root', 'handle', ROOT_HANDLE)
  return own
}

/** A handle has no room for a word: sixteen bits that stand for it, neither 0 nor the root's. */
function handleOf({ word }: ObjectNames): string {
  return `${createHash('sha256').update(word).digest('hex').slice(0, 3)}7:`.replace(/^0+/, '')
}

async function interfacesUp(): Promise<string[]> {
  const names = (await readdir(INTERFACES)).filter((name) => name !== 'lo')
  const flags = await Promise.all(names.map(async (name) => Number(await readFile(join(INTERFACES, name, 'flags'), 'utf8'))))
  return names.filter((_name, index) => ((flags[index] ?? 0) & FLAG_UP) !== 0)
}

/** A kernel without qdiscs has none of ours. */
async function qdiscs(): Promise<Qdisc[]> {
  const { exitCode, stdout } = await runProgram('tc', ['-s', '-j', 'qdisc', 'show'])
  return exitCode === 0 ? QDISCS.parse(JSON.parse(stdout)) : []
}

async function tc(...argv: readonly string[]): Promise<void> {
  await mustRun('tc', argv)
}
