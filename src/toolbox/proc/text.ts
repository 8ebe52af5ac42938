/** What the text files of /proc/PID say. Pure. */
import { constants } from 'node:os'

export interface ProcStat {
  readonly name: string
  readonly state: string
  /** Process group. */
  readonly group: number
  readonly threads: number
  readonly startTicks: number
  /** User and system time in clock ticks. */
  readonly cpuTicks: number
  /** It is on its way out or a zombie: it runs no code of its own any more, and on cgroup v1 it has left its cgroups. */
  readonly ending: boolean
}

/** linux/sched.h, PF_EXITING. */
const EXITING = 0x4

/** proc(5), /proc/PID/stat: the name stands in parentheses and may hold anything, so fields count from the last one. */
export function parseStat(text: string): ProcStat {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  // Field 3, the state, is the first one after the name.
  const fields = text.slice(close + 2).split(' ')
  const number = (field: number): number => {
    const value = Number(fields[field - 3])
    if (!Number.isInteger(value)) throw new Error(`/proc/PID/stat has no field ${field}: ${text.slice(0, 200)}`)
    return value
  }
  const state = fields[0]
  if (open < 0 || close < open || state === undefined) throw new Error(`not /proc/PID/stat: ${text.slice(0, 200)}`)
  return {
    ...{ name: text.slice(open + 1, close), state, group: number(5), threads: number(20) },
    ...{ startTicks: number(22), cpuTicks: number(14) + number(15) },
    ending: ['Z', 'X'].includes(state) || (number(9) & EXITING) !== 0,
  }
}

/** Effective ids, and what waits to be delivered to the process or to its main thread. */
export function parseStatus(text: string): { uid: number; gid: number; pendingSignals: string[] } {
  const words = (key: string): string[] => {
    const line = new RegExp(`^${key}:\\s*(.+)$`, 'm').exec(text)?.[1]
    if (line === undefined) throw new Error(`/proc/PID/status has no ${key}`)
    return line.trim().split(/\s+/)
  }
  const pending = ['SigPnd', 'ShdPnd'].map((key) => BigInt(`0x${words(key)[0] ?? '0'}`))
  return {
    uid: Number(words('Uid')[1]),
    gid: Number(words('Gid')[1]),
    pendingSignals: signalNames(pending.reduce((all, mask) => all | mask, 0n)),
  }
}

/** Bit n − 1 stands for signal n. */
function signalNames(mask: bigint): string[] {
  const byNumber = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]))
  const names: string[] = []
  for (let number = 1; number <= 64; number += 1) {
    if (((mask >> BigInt(number - 1)) & 1n) === 1n) names.push(byNumber.get(number) ?? `signal ${number}`)
  }
  return names
}

/** Soft and hard limit of open files; `unlimited` is Infinity. */
export function parseFileLimits(text: string): { soft: number; hard: number } {
  const match = /^Max open files\s+(\S+)\s+(\S+)/m.exec(text)
  if (match === null) throw new Error('/proc/PID/limits has no line of open files')
  const limit = (word: string | undefined): number => (word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word))
  return { soft: limit(match[1]), hard: limit(match[2]) }
}

/** Documentation/scheduler/sched-stats.rst, /proc/PID/schedstat: time on a CPU, time that it waited for one, both in ns. */
export function parseWaitedUs(text: string): number {
  const [, waitedNs = ''] = text.trim().split(/\s+/)
  if (!/^\d+$/.test(waitedNs)) throw new Error(`not /proc/PID/schedstat: ${text.slice(0, 200)}`)
  return Number(waitedNs) / 1_000
}
