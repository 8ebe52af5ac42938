/** What k6 is given to run: the script itself, with the options that the run decides. Pure. */
import type { JsonObject } from '../../core/json.ts'

/** Options that each say how many users there are and for how long: k6 takes one of them only. */
const CURVES = ['scenarios', 'stages', 'vus', 'duration', 'iterations'] as const

/** Tags by which samples are told apart here: a script may want fewer of the others. */
const NEEDED_TAGS = ['error_code', 'expected_response', 'group', 'scenario', 'status'] as const
/** What can be declared under its own name. */
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
/** In src/load/series/metrics.ts, too, which is not for here. */
const SCRIPT_EXCEPTIONS = 'script_exceptions'

/** A function of the script that says when it has thrown, at once or later, and is the same in all else. */
const GUARDED = `function guarded(run) {
  if (typeof run !== 'function') return run;
  const threw = (error) => { exceptions.add(1); throw error; };
  return function (...given) {
    let result;
    try { result = run.apply(this, given); } catch (error) { threw(error); }
    const isLater = result !== null && typeof result === 'object' && typeof result.then === 'function';
    return isLater ? result.then((value) => value, threw) : result;
  };
}`

/**
 * A module that exports all that the script does, with `options` over the script's own of the same keys. A script's users,
 * where they are replaced, are replaced whole. `functions`: those that its users run; one that throws is counted.
 */
export function wrapperOf(scriptPath: string, options: JsonObject, functions: readonly string[]): string {
  const replaced = CURVES.some((key) => Object.hasOwn(options, key)) ? CURVES : []
  const script = JSON.stringify(scriptPath)
  // With semicolons: k6 does not take a last line without one.
  return [
    "import { Counter } from 'k6/metrics';",
    `import * as script from ${script};`,
    `export * from ${script};`,
    `const exceptions = new Counter('${SCRIPT_EXCEPTIONS}');`,
    GUARDED,
    'const own = { ...script.options };',
    `for (const key of ${JSON.stringify(replaced)}) delete own[key];`,
    `if (Array.isArray(own.systemTags)) own.systemTags = [...new Set([...own.systemTags, ...${JSON.stringify(NEEDED_TAGS)}])];`,
    `export const options = { ...own, ...${JSON.stringify(options)} };`,
    ...[...new Set(functions)].filter((name) => name !== 'default' && IDENTIFIER.test(name)).map(guardedExport),
    // A script whose scenarios all name a function of their own has no default one, and k6 takes none that is no function.
    ...(functions.includes('default') ? ['export default guarded(script.default);'] : []),
    '',
  ].join('\n')
}

function guardedExport(name: string): string {
  return `export const ${name} = guarded(script.${name});`
}
