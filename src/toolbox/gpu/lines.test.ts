import { describe, expect, it } from 'vitest'
import { parseAnswer, parseListing, parseReady } from './lines.ts'

const [FIRST, SECOND] = ['GPU-00000000-0000-0000-0000-000000000001', 'GPU-00000000-0000-0000-0000-000000000002']

describe('parseListing', () => {
  it('reads devices and who computes on each', () => {
    const text = [
      'driver 580.65.06',
      `device 0 ${FIRST} 85520809984 85000000000 NVIDIA H100 80GB HBM3`,
      `process ${FIRST} 4711 519045120`,
      `process ${FIRST} 4712 unknown`,
      `device 1 ${SECOND} 24000 23000 NVIDIA A10G`,
      `unlisted ${SECOND}`,
      '',
    ]
    expect(parseListing(text.join('\n'))).toEqual({
      driver: '580.65.06',
      devices: [
        {
          ...{ index: 0, uuid: FIRST, name: 'NVIDIA H100 80GB HBM3', totalBytes: 85_520_809_984, freeBytes: 85_000_000_000 },
          processes: [
            { pid: 4711, usedBytes: 519_045_120 },
            { pid: 4712, usedBytes: null },
          ],
        },
        { index: 1, uuid: SECOND, name: 'NVIDIA A10G', totalBytes: 24_000, freeBytes: 23_000, processes: null },
      ],
    })
  })

  it('knows a GPU on which nobody computes from one that does not tell', () => {
    expect(parseListing(`device 0 ${FIRST} 2 1 T4\n`).devices[0]?.processes).toEqual([])
    expect(parseListing('')).toEqual({ driver: null, devices: [] })
  })

  it.each([
    ['another word', 'gadget 0'],
    ['a process of a GPU that was not named', `process ${FIRST} 1 2`],
    ['a GPU that is not named before it is said not to tell', `unlisted ${FIRST}`],
    ['a device without a name', `device 0 ${FIRST} 2 1`],
    ['a number that is none', `device 0 ${FIRST} 2 1 T4\nprocess ${FIRST} 1 1e9`],
    ['a negative pid', `device 0 ${FIRST} 2 1 T4\nprocess ${FIRST} -1 5`],
    ['a number that cannot be told exactly', `device 0 ${FIRST} 18446744073709551615 1 T4`],
    ['a line with more to it', `device 0 ${FIRST} 2 1 T4\nprocess ${FIRST} 1 2 3`],
  ])('refuses %s', (_name, text) => {
    expect(() => parseListing(text)).toThrow('vram-hold said something unheard of')
  })
})

describe('answers', () => {
  it('are read', () => {
    expect(parseReady('ready 24000 23000')).toEqual({ heldBytes: 0, totalBytes: 24_000, freeBytes: 23_000 })
    const figures = { heldBytes: 22_000, freeBytes: 500, totalBytes: 24_000, tookMs: 41 }
    expect(parseAnswer('full 22000 500 24000 41')).toEqual({ how: 'full', ...figures })
    expect(parseAnswer('held 22000 500 24000 41')).toMatchObject({ how: 'held' })
  })

  it.each(['full 1 2 3', 'full 1 2 3 4 5', 'empty 1 2 3 4', 'full -1 2 3 4', 'ready 1 2', ''])("'%s' is none", (line) => {
    expect(() => parseAnswer(line)).toThrow('unheard of')
  })

  it.each(['ready 1', 'ready 1 2 3', 'held 1 2 3 4'])("'%s' is no start", (line) => {
    expect(() => parseReady(line)).toThrow('unheard of')
  })
})
