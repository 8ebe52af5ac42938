/** A server that answers HTTP, and says back what it is told over WebSocket (RFC 6455), in frames of up to 125 bytes. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const TEXT = 0x81
const CLOSE = 0x88

export interface EchoServer extends AsyncDisposable {
  readonly baseUrl: string
}

export async function openEchoServer(answer: RequestListener): Promise<EchoServer> {
  const server = createServer(answer)
  const open = new Set<Socket>()
  server.on('upgrade', (request, socket: Socket) => {
    open.add(socket)
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key'] ?? ''}${GUID}`)
      .digest('base64')
    const head = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    socket.on('error', () => socket.destroy())
    socket.on('data', (frame) => {
      if (((frame[0] ?? 0) & 0x0f) === (CLOSE & 0x0f)) socket.end(Buffer.from([CLOSE, 0]))
      else socket.write(said(frame))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The same text without the client's mask. */
function said(frame: Buffer): Buffer {
  const length = (frame[1] ?? 0) & 0x7f
  const mask = frame.subarray(2, 6)
  const text = frame.subarray(6, 6 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return Buffer.concat([Buffer.from([TEXT, length]), text])
}
