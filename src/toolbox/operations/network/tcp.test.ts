import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { countConnections, countEstablished } from './tcp.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const line = (local: string, remote: string, state: string): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 51234 1 0000000000000000 20 4 30 10 -1\n`
const V4 = '0100007F'
const V6 = '0000000000000000FFFF00000100007F'

/** 8080 is 1F90, 50000 is C350, 80 is 0050. */
const TABLE = [
  HEAD,
  line('00000000:1F90', '00000000:0000', '0A'),
  line(`${V4}:1F90`, `${V4}:C350`, '01'),
  line(`${V4}:C350`, `${V4}:1F90`, '01'),
  line(`${V4}:1F90`, `${V4}:C351`, '06'),
  line(`${V4}:1F90`, `${V4}:C352`, '08'),
  line(`${V6}:1F90`, `${V6}:0050`, '01'),
].join('')

describe('a count of connections', () => {
  it('takes the established ones of one side', () => {
    expect(countEstablished(TABLE, { port: 8_080, side: 'server' })).toBe(2)
    expect(countEstablished(TABLE, { port: 8_080, side: 'client' })).toBe(1)
    expect(countEstablished(TABLE, { port: 80, side: 'client' })).toBe(1)
    expect(countEstablished(TABLE, { port: 80, side: 'server' })).toBe(0)
  })

  it('does not take a port for part of another, nor the listening socket for a connection', () => {
    // 0x90 is the end of 0x1F90.
    expect(countEstablished(TABLE, { port: 0x90, side: 'server' })).toBe(0)
    expect(countEstablished(HEAD + line('00000000:1F90', '00000000:0000', '0A'), { port: 8_080, side: 'server' })).toBe(0)
    expect(countEstablished('', { port: 8_080, side: 'server' })).toBe(0)
  })

  it.each(['127.0.0.1', '::'])('sees real ones of a server at %s', async (host) => {
    const server = createServer((socket) => socket.resume()).listen(0, host)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const sockets = await Promise.all(
      [1, 2, 3].map(async () => {
        const socket = connect(port, '127.0.0.1')
        await once(socket, 'connect')
        return socket
      }),
    )
    try {
      expect(await countConnections({ port, side: 'server' })).toEqual({ established: 3 })
      expect(await countConnections({ port, side: 'client' })).toEqual({ established: 3 })
    } finally {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
    await once(server, 'close')
    expect(await countConnections({ port, side: 'server' })).toEqual({ established: 0 })
  })
})
