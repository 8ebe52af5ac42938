import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Files that are not the same, byte for byte, in both folders, each with what is wrong with it in `actual`. */
export function compareTrees(expected: string, actual: string): string[] {
  const [wanted, present] = [filesBelow(expected), filesBelow(actual)]
  return [...new Set([...wanted, ...present])].sort().flatMap((file) => {
    if (!present.has(file)) return [`${file}: missing`]
    if (!wanted.has(file)) return [`${file}: not built any more`]
    return readFileSync(join(expected, file)).equals(readFileSync(join(actual, file))) ? [] : [`${file}: differs`]
  })
}

function filesBelow(folder: string): Set<string> {
  return new Set(globSync('**/*', { cwd: folder }).filter((file) => statSync(join(folder, file)).isFile()))
}
