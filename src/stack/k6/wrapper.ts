/** What k6 is given to run: the script itself, with the options that the run decides. Pure. */
import type { JsonObject } from '../../core/json.ts'

/** Options that each say how many users there are and for how long: k6 takes one of them only. */
const CURVES = ['scenarios', 'stages', 'vus', 'duration', 'iterations'] as const

/**
 * A module that exports all that the script does, with `options` under the script's own wherever they have no such key. A
 * script's users, where they are replaced, are replaced whole.
 */
export function wrapperOf(scriptPath: string, options: JsonObject): string {
  const replaced = CURVES.some((key) => Object.hasOwn(options, key)) ? CURVES : []
  const script = JSON.stringify(scriptPath)
  // With semicolons: k6 does not take a last line without one.
  return [
    `import * as script from ${script};`,
    `export * from ${script};`,
    'const own = { ...script.options };',
    `for (const key of ${JSON.stringify(replaced)}) delete own[key];`,
    `export const options = { ...own, ...${JSON.stringify(options)} };`,
    // A script whose scenarios all name a function of their own has no default one, and k6 takes none that is no function.
    ...(needsDefault(options) ? ['export default script.default;'] : []),
    '',
  ].join('\n')
}

function needsDefault({ scenarios }: JsonObject): boolean {
  if (typeof scenarios !== 'object' || scenarios === null) return true
  return Object.values(scenarios).some((scenario) => {
    const exec = typeof scenario === 'object' && scenario !== null ? (scenario as JsonObject)['exec'] : undefined
    return exec === undefined || exec === 'default'
  })
}
