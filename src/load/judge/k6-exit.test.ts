import { expect, it } from 'vitest'
import { k6EndText, k6Exit } from './k6-exit.ts'

it.each<[number, string, string]>([
  [0, 'ended', 'it came to its end'],
  [97, 'broken', 'a run in the cloud failed, and none was asked for'],
  [98, 'broken', 'a run in the cloud could not be followed, and none was asked for'],
  [99, 'breached', 'one of its own thresholds was crossed'],
  [100, 'broken', 'setup() took too long'],
  [101, 'cut', 'teardown() took too long'],
  [102, 'broken', 'a timeout of its own'],
  [103, 'cut', 'it was stopped through its REST API'],
  [104, 'broken', 'its options are not valid'],
  [105, 'cut', 'it was interrupted'],
  [106, 'broken', 'its REST API could not be opened'],
  [107, 'broken', 'the script threw where it was loaded, or in setup()'],
  [108, 'cut', 'the script ended it by test.abort()'],
  [109, 'broken', 'it crashed'],
  [110, 'breached', 'the script failed it by test.fail()'],
  [255, 'broken', 'the script was not found, or its command line was not understood'],
  [129, 'cut', 'it was killed by signal 1'],
  [137, 'cut', 'it was killed by signal 9'],
  [192, 'cut', 'it was killed by signal 64'],
  ...[-1, 1, 96, 111, 128, 193, 254].map((code): [number, string, string] => [
    code,
    'broken',
    'no such exit code of k6 is known',
  ]),
])('%d means %s: %s', (exitCode, ending, text) => {
  expect(k6Exit(exitCode)).toEqual({ ending, text })
})

it('only 0 is an end without anything to say', () => {
  const ended = Array.from({ length: 256 }, (_, code) => code).filter((code) => k6Exit(code).ending === 'ended')
  expect(ended).toEqual([0])
})

it.each<[string, string]>([
  ['', ''],
  ['  \n', ''],
  ['a\nb\n', '; it said: a\nb'],
  [`${'x'.repeat(600)}end`, `; it said: ${'x'.repeat(497)}end`],
  // A summary comes after what it is about.
  ['time=1 level=error msg="Error: no"\nreqs: 18\n', '; it said: time=1 level=error msg="Error: no"'],
  ['level=info msg=ok\nlevel=fatal msg=dead\nlevel=warning msg=x', '; it said: level=fatal msg=dead'],
  [
    [1, 2, 3, 4].map((n) => `level=error msg=${n}`).join('\nmore: 5\n'),
    '; it said: level=error msg=2\nlevel=error msg=3\nlevel=error msg=4',
  ],
  [`level=error msg=${'y'.repeat(600)}`, `; it said: level=error msg=${'y'.repeat(484)}`],
  // A long one is no reason to hide the newest.
  [`level=error msg=${'y'.repeat(600)}\nlevel=error msg=why`, '; it said: level=error msg=why'],
  [
    `level=error msg=${'y'.repeat(463)}\nlevel=error msg=abcd`,
    `; it said: level=error msg=${'y'.repeat(463)}\nlevel=error msg=abcd`,
  ],
  [`level=error msg=${'y'.repeat(464)}\nlevel=error msg=abcd`, '; it said: level=error msg=abcd'],
])('what k6 says at its end is told with it: %j', (log, said) => {
  expect(k6EndText(1, log)).toBe(`k6 ended with 1: no such exit code of k6 is known${said}`)
})
