import { describe, expect, it } from 'vitest'
import { parseSnmp, readTcpCounters, tcpSince } from './tcp-counters.ts'

const SNMP = `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm MaxConn ActiveOpens PassiveOpens EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors
Tcp: 1 -1 5 6 2 1 100 120 7 0 3 0
Udp: InDatagrams
Udp: 4
`

describe('tcp counters', () => {
  it('are read by name, whatever their order', () => {
    expect(parseSnmp(SNMP)).toEqual({ outRsts: 3, estabResets: 2, retransmits: 7, activeOpens: 5, passiveOpens: 6 })
  })

  it('are an error when missing', () => {
    expect(() => parseSnmp(SNMP.replace('OutRsts', 'Other'))).toThrow('no Tcp counter OutRsts')
    expect(() => parseSnmp('')).toThrow('no Tcp counter')
  })

  it('are compared as changes, and this kernel has them', async () => {
    const now = await readTcpCounters()
    expect(tcpSince(now, now)).toEqual({ outRsts: 0, estabResets: 0, retransmits: 0 })
  })
})
