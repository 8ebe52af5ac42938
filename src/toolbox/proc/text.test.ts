import { describe, expect, it } from 'vitest'
import { parseFileLimits, parseStat, parseStatus, parseWaitedUs } from './text.ts'

/** As of Linux 6.18, with the name and what follows it to choose. */
const stat = (name: string, state: string, flags = 4_194_560): string =>
  `4321 (${name}) ${state} 1 4300 4300 0 -1 ${flags} 5210 0 3 0 17 5 0 0 20 0 11 0 987654 1056157696 12000 18446744073709551615 1 1 0\n`

const STATUS = `Name:\tnode
Umask:\t0022
State:\tT (stopped)
Uid:\t0\t1000\t0\t0
Gid:\t0\t1001\t0\t0
Groups:\t1001
SigQ:\t1/15421
SigPnd:\t0000000000000000
ShdPnd:\t0000000000000000
SigBlk:\t0000000000000000
SigCgt:\t0000000188004602
`

describe('/proc/PID/stat', () => {
  it('is read by field, whatever stands in the name', () => {
    const facts = { group: 4_300, threads: 11, startTicks: 987_654, cpuTicks: 22, ending: false }
    expect(parseStat(stat('node', 'S'))).toEqual({ name: 'node', state: 'S', ...facts })
    expect(parseStat(stat('a) R (b 1 2', 'T'))).toEqual({ name: 'a) R (b 1 2', state: 'T', ...facts })
    expect(parseStat(stat('', 'R'))).toMatchObject({ name: '', state: 'R' })
  })

  it('tells a process that is on its way out, in whatever state', () => {
    expect(parseStat(stat('node', 'Z')).ending).toBe(true)
    expect(parseStat(stat('node', 'X')).ending).toBe(true)
    expect(parseStat(stat('node', 'R', 4_194_560 | 0x4)).ending).toBe(true)
    expect(parseStat(stat('node', 'D')).ending).toBe(false)
  })

  it.each(['', '4321', '4321 (node', '4321 (node) S 1 2 3', '4321 (node) S 1 x 3 4 5 6 7'])(
    'is refused when it is %j',
    (text) => {
      expect(() => parseStat(text)).toThrow('/proc/PID/stat')
    },
  )
})

describe('/proc/PID/status', () => {
  it('names the effective user and group', () => {
    expect(parseStatus(STATUS)).toEqual({ uid: 1000, gid: 1001, pendingSignals: [] })
  })

  it('names signals that wait for the process or for its main thread', () => {
    // SIGTERM is 15, SIGKILL 9, SIGUSR1 10.
    const shared = STATUS.replace('ShdPnd:\t0000000000000000', 'ShdPnd:\t0000000000004100')
    expect(parseStatus(shared).pendingSignals).toEqual(['SIGKILL', 'SIGTERM'])
    const both = shared.replace('SigPnd:\t0000000000000000', 'SigPnd:\t0000000000004200')
    expect(parseStatus(both).pendingSignals).toEqual(['SIGKILL', 'SIGUSR1', 'SIGTERM'])
    const realTime = STATUS.replace('ShdPnd:\t0000000000000000', 'ShdPnd:\t8000000000000000')
    expect(parseStatus(realTime).pendingSignals).toEqual(['signal 64'])
  })

  it('does not take blocked or caught signals for waiting ones', () => {
    expect(parseStatus(STATUS.replace('SigBlk:\t0000000000000000', 'SigBlk:\t0000000000004000')).pendingSignals).toEqual([])
  })

  it.each(['Uid', 'Gid', 'SigPnd', 'ShdPnd'])('is refused without %s: what is missing is not nothing', (key) => {
    expect(() => parseStatus(STATUS.replace(`${key}:`, 'Other:'))).toThrow(`has no ${key}`)
  })
})

describe('/proc/PID/limits', () => {
  const limits = (line: string): string => `Limit                     Soft Limit           Hard Limit           Units     
Max processes             15421                15421                processes 
${line}
Max locked memory         8388608              8388608              bytes     
`

  it('tells the soft and the hard limit of open files', () => {
    expect(parseFileLimits(limits('Max open files            1024                 524288               files     '))).toEqual({
      soft: 1_024,
      hard: 524_288,
    })
    expect(parseFileLimits(limits('Max open files            1024                 unlimited            files     ')).hard).toBe(
      Infinity,
    )
  })

  it('is refused without them', () => {
    expect(() =>
      parseFileLimits(limits('Max file locks            unlimited            unlimited            locks     ')),
    ).toThrow('no line of open files')
  })
})

it('how long a process waited for a CPU, with the fraction of a microsecond', () => {
  expect(parseWaitedUs('41080592 4994296 78\n')).toBe(4_994.296)
  for (const other of ['', '41080592', '41080592 x 78', '41080592 -1 78']) {
    expect(() => parseWaitedUs(other)).toThrow('not /proc/PID/schedstat')
  }
})
