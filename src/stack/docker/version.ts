/** Versions of Docker's programs, which distributions decorate: `2.26.1-4`, `v5.0.0`, `26.1.5+dfsg1`. */

/** Major and minor, or null when the text has no version. */
function parseVersion(text: string): { readonly major: number; readonly minor: number } | null {
  const match = /(\d+)\.(\d+)/.exec(text)
  return match === null ? null : { major: Number(match[1]), minor: Number(match[2]) }
}

export function atLeast(text: string, major: number, minor: number): boolean {
  const version = parseVersion(text)
  if (version === null) return false
  return version.major > major || (version.major === major && version.minor >= minor)
}
