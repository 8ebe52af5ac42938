/**
 * Who may import whom. The engine knows neither GitHub nor Docker only as long as a machine says so: these walls are
 * part of the lint, and walls.test.ts proves on one bad file per wall that each of them stands.
 */
import importX, { createNodeResolver } from 'eslint-plugin-import-x'
import type { Linter } from 'eslint'

interface Guard {
  readonly regex: string
  readonly folders: readonly string[]
  readonly why: string
}

/** Folders of src and what of ours each may import besides itself. A folder that is not listed here fails walls.test.ts. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  canary: ['core', 'ports'],
  clauses: ['core', 'kinds', 'ports'],
  core: [],
  engine: ['core', 'kinds', 'ports'],
  faults: ['core', 'kinds', 'ports'],
  files: ['clauses', 'core', 'faults', 'kinds', 'requests'],
  github: ['core', 'ports', 'report', 'untrusted'],
  kinds: ['core', 'ports'],
  load: ['core', 'ports'],
  ports: ['core'],
  redaction: ['core'],
  report: ['core', 'kinds', 'ports'],
  requests: ['core', 'kinds'],
  stack: ['core', 'ports', 'redaction'],
  toolbox: ['core'],
  untrusted: ['core'],
}

/**
 * What these folders may import beside that, as types: what an operation takes and answers is known to who asks for it, and
 * its code runs in the helper only.
 */
export const TYPES_OF_OPERATIONS: readonly string[] = ['clauses', 'engine', 'faults', 'load', 'ports', 'stack']
const OPERATIONS = 'toolbox/operations'
const OPERATIONS_HOME = 'src/toolbox'

/** Folders of src/load and what each may import of the others, and of the files beside them: arrows go one way. */
export const LOAD_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  series: [],
  plan: ['deps.ts', 'series'],
  judge: ['plan', 'series'],
  run: ['deps.ts', 'judge', 'plan', 'series'],
  merge: ['judge', 'plan', 'series'],
}

/** The one folder that wires the others together. */
export const WIRING = 'app'

/** Packages that only the named folders may import; the regular expressions match the specifier. */
export const GUARDED_PACKAGES: readonly Guard[] = [
  { regex: '^dockerode($|/)', folders: ['src/stack'], why: 'talk to Docker through src/ports' },
  {
    // The toolbox is a program of its own: it runs tc, nft and ss inside its container. Tests of the services start them
    // as the programs that they are; a worker on a GPU runs the driver's own tool.
    regex: '^(node:)?child_process$',
    folders: ['src/stack', 'src/toolbox', 'stack/services/testing', 'stack/services/mock-worker'],
    why: 'run programs through ExecPort of src/ports',
  },
  { regex: '^(@actions|@octokit)/|^octokit$', folders: ['src/github'], why: 'only src/github knows GitHub' },
]

/** Everything but our own files and zod: the result is one shape, which is its type, its schema and its docs. */
const OUTSIDE_SPECIFIER = '^(?!zod$)[^.]'

/** Flat config blocks with the walls of the tree under `basePath`. */
export function importWalls(basePath: string): Linter.Config[] {
  return [
    {
      files: ['src/**/*.ts', 'stack/**/*.ts'],
      plugins: { 'import-x': importX },
      settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })] },
      rules: { 'import-x/no-restricted-paths': ['error', { basePath, zones: zones() }] },
    },
    ...packageWalls(),
  ]
}

function zones(): object[] {
  return [
    ...zonesWithin('src', MAY_IMPORT),
    ...zonesWithin('src/load', LOAD_MAY_IMPORT),
    { target: './src', from: './stack', message: 'The action does not know the services of its own stack.' },
    { target: './stack', from: './src', message: 'The services of the default stack know nothing of the action.' },
    {
      target: [`./src/${WIRING}/*.ts`, `./src/${WIRING}/!(action)/**/*.ts`],
      from: './src/github',
      message: `Of src/${WIRING}, action alone may import src/github.`,
    },
  ]
}

function zonesWithin(root: string, table: typeof MAY_IMPORT): object[] {
  return Object.entries(table).map(([folder, allowed]) => {
    const types = root === 'src' && TYPES_OF_OPERATIONS.includes(folder) ? [OPERATIONS] : []
    return {
      target: `./${root}/${folder}`,
      from: `./${root}`,
      except: [folder, ...allowed, ...types].map((name) => `./${name}`),
      message: `Of ${root}, ${folder} may import itself${allowed.map((name) => `, ${name}`).join('')} only.`,
    }
  })
}

/** A later block replaces an earlier one's options, so each kind of file gets its whole list at once. */
function packageWalls(): Linter.Config[] {
  const everywhere = { files: ['src/**/*.ts', 'stack/**/*.ts'], rules: packageRules(GUARDED_PACKAGES) }
  const folders = [...new Set([...GUARDED_PACKAGES.flatMap((guard) => guard.folders), OPERATIONS_HOME])]
  const exceptions = folders.map((folder) => ({
    files: [`${folder}/**/*.ts`],
    rules: packageRules(
      GUARDED_PACKAGES.filter((guard) => !guard.folders.includes(folder)),
      folder === OPERATIONS_HOME,
    ),
  }))
  const core = {
    files: ['src/core/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: packageRules([
      { regex: OUTSIDE_SPECIFIER, folders: [], why: 'src/core is pure: no package but zod, no node modules' },
    ]),
  }
  return [everywhere, ...exceptions, core]
}

function packageRules(guards: readonly Guard[], runsOperations = false): Linter.RulesRecord {
  const message = (guard: Guard): string =>
    `${guard.why}${guard.folders.length === 0 ? '' : ` (allowed in ${guard.folders.join(', ')})`}.`
  return {
    'no-restricted-imports': ['error', { patterns: guards.map((guard) => ({ regex: guard.regex, message: message(guard) })) }],
    // The rule above does not look into import().
    'no-restricted-syntax': [
      'error',
      ...guards.map((guard) => ({
        selector: `ImportExpression > Literal.source[value=/${guard.regex.replaceAll('/', '\\u002F')}/]`,
        message: message(guard),
      })),
      ...(runsOperations ? [] : [typesOfOperationsOnly()]),
    ],
  }
}

function typesOfOperationsOnly(): object {
  const imports = [
    'ImportDeclaration[importKind!="type"]',
    'ExportNamedDeclaration[exportKind!="type"]',
    'ExportAllDeclaration[exportKind!="type"]',
    'ImportExpression',
  ]
  return {
    selector: `:matches(${imports.join(', ')}) > Literal.source[value=/\\u002F${OPERATIONS.replace('/', '\\u002F')}\\u002F/]`,
    message: `the code of the operations runs in the helper: only ${OPERATIONS_HOME} imports it, others import types`,
  }
}
