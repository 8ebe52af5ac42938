/** The meanings of k6's exit codes. Pure. */

/**
 * `ended`: its samples are those of a whole run, and k6 found nothing wrong. `breached`: the same, with a threshold that k6
 * itself saw crossed. `cut`: it ended before its time, so that what was measured is not what was asked for. `broken`: it did
 * not measure at all, or nobody knows what.
 */
type K6Ending = 'ended' | 'breached' | 'cut' | 'broken'

export interface K6ExitMeaning {
  readonly ending: K6Ending
  /** It stands in messages as the end of "k6 ended with N: …". */
  readonly text: string
}

/** errext/exitcodes/codes.go of k6 2.2; those of k6 1 are among them. 255 is what its command line answers to a missing file. */
const MEANINGS: Readonly<Record<number, K6ExitMeaning>> = {
  0: { ending: 'ended', text: 'it came to its end' },
  97: { ending: 'broken', text: 'a run in the cloud failed, and none was asked for' },
  98: { ending: 'broken', text: 'a run in the cloud could not be followed, and none was asked for' },
  99: { ending: 'breached', text: 'one of its own thresholds was crossed' },
  100: { ending: 'broken', text: 'setup() took too long' },
  101: { ending: 'cut', text: 'teardown() took too long' },
  102: { ending: 'broken', text: 'a timeout of its own' },
  103: { ending: 'cut', text: 'it was stopped through its REST API' },
  104: { ending: 'broken', text: 'its options are not valid' },
  105: { ending: 'cut', text: 'it was interrupted' },
  106: { ending: 'broken', text: 'its REST API could not be opened' },
  107: { ending: 'broken', text: 'the script threw where it was loaded, or in setup()' },
  108: { ending: 'cut', text: 'the script ended it by test.abort()' },
  109: { ending: 'broken', text: 'it crashed' },
  110: { ending: 'breached', text: 'the script failed it by test.fail()' },
  255: { ending: 'broken', text: 'the script was not found, or its command line was not understood' },
}

/** Characters of k6's log in a message, and in the series file. */
const LOG_LENGTH = 500
/** Where the script is loaded, in setup(), and in teardown() as well. */
const THREW = 107
const FIRST_SIGNAL = 128
const LAST_SIGNAL = 128 + 64

export function k6Exit(exitCode: number): K6ExitMeaning {
  const known = MEANINGS[exitCode]
  if (known !== undefined) return known
  if (exitCode > FIRST_SIGNAL && exitCode <= LAST_SIGNAL)
    return { ending: 'cut', text: `it was killed by signal ${exitCode - FIRST_SIGNAL}` }
  return { ending: 'broken', text: 'no such exit code of k6 is known' }
}

/** As it writes lines of its log; its summary and what the script prints come in between, in any order. */
const ERROR_LINE = /\blevel=(?:error|fatal|panic)\b/
const MOST_ERRORS = 3

/** What is kept of k6's log: its newest errors, as many as there is room for, or without one its last characters. */
export function k6Said(log: string): string {
  const errors = log.split('\n').filter((line) => ERROR_LINE.test(line))
  if (errors.length === 0) return log.trim().slice(-LOG_LENGTH)
  const newest = errors.slice(-MOST_ERRORS)
  while (newest.length > 1 && newest.join('\n').length > LOG_LENGTH) newest.shift()
  return newest.join('\n').slice(0, LOG_LENGTH)
}

/** `k6 ended with N: …; it said: …`, of its whole log or of what is kept of it. `hasIterated`: it came as far as the script's iterations. */
export function k6EndText(exitCode: number, log: string, hasIterated = false): string {
  const words = k6Said(log)
  const said = words === '' ? '' : `; it said: ${words}`
  const text = exitCode === THREW && hasIterated ? 'the script threw in teardown()' : k6Exit(exitCode).text
  return `k6 ended with ${exitCode}: ${text}${said}`
}
