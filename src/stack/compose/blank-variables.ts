/** Variables that compose files use and do not get. Pure. */

const BLANK = /The \\?"([A-Za-z_][A-Za-z0-9_]*)\\?" variable is not set/g
const MOST_TOLD = 20

/**
 * What people are told of variables that are blank in their compose files, by what compose says of them.
 * @param withheld - Names that the user's environment has and compose does not get: alone it would have them.
 */
export function blankTexts(stderr: string, withheld: ReadonlySet<string>): string[] {
  const names = [...new Set([...stderr.matchAll(BLANK)].map(([, name = '']) => name))]
  return names
    .slice(0, MOST_TOLD)
    .map((name) =>
      withheld.has(name)
        ? `the compose files use ${name}, which is not passed on to them as it may hold a credential of the job: it is blank there`
        : `the compose files use ${name}, which is not set: it is blank there`,
    )
}
