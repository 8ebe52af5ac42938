import { readFile } from 'node:fs/promises'

/** TCP counters of a network namespace, as the kernel counts them since the namespace exists. */
export interface TcpCounters {
  readonly outRsts: number
  readonly estabResets: number
  readonly retransmits: number
}

/** `/proc/net` is that of the reading process, so this is the namespace the helper was put into. */
const SNMP_FILE = '/proc/net/snmp'

/** Connections begun so far: asked for from here, and taken. */
export interface TcpOpens {
  readonly activeOpens: number
  readonly passiveOpens: number
}

export async function readTcpCounters(): Promise<TcpCounters> {
  return parseSnmp(await readFile(SNMP_FILE, 'utf8'))
}

/** @throws Error when a counter is missing: an absent number must not read as zero. */
export function parseSnmp(text: string): TcpCounters & TcpOpens {
  const [names, values] = text
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.trim().split(/\s+/))
  const counter = (name: string): number => {
    const value = Number(values?.[names?.indexOf(name) ?? -1])
    if (!Number.isInteger(value)) throw new Error(`${SNMP_FILE} has no Tcp counter ${name}`)
    return value
  }
  return {
    outRsts: counter('OutRsts'),
    estabResets: counter('EstabResets'),
    retransmits: counter('RetransSegs'),
    activeOpens: counter('ActiveOpens'),
    passiveOpens: counter('PassiveOpens'),
  }
}

export function tcpSince(before: TcpCounters, now: TcpCounters): TcpCounters {
  return {
    outRsts: now.outRsts - before.outRsts,
    estabResets: now.estabResets - before.estabResets,
    retransmits: now.retransmits - before.retransmits,
  }
}
