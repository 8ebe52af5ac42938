/** Versions of Docker's programs, which distributions decorate: `2.26.1-4`, `v5.0.0`, `26.1.5+dfsg1`. */

/** False for a text that has no version. */
export function atLeast(text: string, major: number, minor: number): boolean {
  const [ownMajor = Number.NaN, ownMinor = Number.NaN] = (/(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}
