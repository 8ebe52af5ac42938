import { describe, expect, it } from 'vitest'
import { inspectArguments, parseVersion, runArguments } from './arguments.ts'

describe('the version of k6', () => {
  it.each([
    ['k6 v2.2.0 (go1.26.10, linux/amd64)\n', { major: 2, text: '2.2.0' }],
    ['k6.exe v1.8.1 (commit/abc, go1.25.0, windows/amd64)', { major: 1, text: '1.8.1' }],
    ['k6 v2.3.0-rc1 (go1.27, linux/arm64)\nExtensions:\n  none\n', { major: 2, text: '2.3.0-rc1' }],
  ])('is read from %j', (output, version) => {
    expect(parseVersion(output)).toEqual(version)
  })

  it.each(['k6 v0.57.0 (go1.23)', 'k6 v3.0.0', 'command not found', ''])('of %j is refused', (output) => {
    expect(() => parseVersion(output)).toThrow(expect.objectContaining({ code: 'CAPABILITY_MISSING' }) as Error)
  })
})

describe('the command line', () => {
  it('of a run names what k6 writes and reads in its own folder', () => {
    expect(runArguments({ folder: '/load' }, null)).toEqual([
      'run',
      '--quiet',
      '--no-color',
      '--address=',
      '--no-usage-report',
      '--out=csv=/load/samples.csv',
      '--summary-export=/load/summary.json',
      '--summary-trend-stats=avg,min,med,p(90),p(95),p(99),max,count',
      '/load/entry.js',
    ])
  })

  it.each([
    [1, 1, '0:1', '0,1'],
    [1, 3, '0:1/3', '0,1/3,2/3,1'],
    [3, 3, '2/3:1', '0,1/3,2/3,1'],
  ])('of segment %d of %d gives the whole sequence', (index, count, segment, sequence) => {
    const argv = runArguments({ folder: '/load' }, { index, count })
    expect(argv).toContain(`--execution-segment=${segment}`)
    expect(argv).toContain(`--execution-segment-sequence=${sequence}`)
  })

  it('of an inspection opens no port', () => {
    expect(inspectArguments('/scripts/a.js')).toEqual(['inspect', '--no-color', '--quiet', '--address=', '/scripts/a.js'])
  })
})
