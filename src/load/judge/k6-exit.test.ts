import { expect, it } from 'vitest'
import { k6Exit } from './k6-exit.ts'

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
