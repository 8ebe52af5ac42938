/** TypeScript → ESM, file by file. ncc's own loader turns our modules into CommonJS, where top-level await is an error. */
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

const SOURCES = ['src/**/*.ts', 'stack/**/*.ts']
/** TypeScript 6 rewrites the ending of what is imported late, but not in a function that has `using`. */
const LATE_IMPORT = /(?<=\bimport\('\.{1,2}\/[^']+)\.ts(?='\))/g

/** Types are not checked here (`npm run types` does); a syntax error throws. package.json goes along: it says `module`. */
export function transpileTree(repository: string, target: string): void {
  const files = globSync(SOURCES, { cwd: repository, exclude: ['**/*.test.ts', '**/*.d.ts'] })
  for (const file of files) {
    const { outputText, diagnostics = [] } = ts.transpileModule(
      readFileSync(join(repository, file), 'utf8').replaceAll(LATE_IMPORT, '.js'),
      {
        fileName: file,
        reportDiagnostics: true,
        compilerOptions: {
          target: ts.ScriptTarget.ES2024,
          module: ts.ModuleKind.ESNext,
          verbatimModuleSyntax: true,
          rewriteRelativeImportExtensions: true,
        },
      },
    )
    const [first] = diagnostics
    if (first !== undefined) throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(first.messageText, '\n')}`)
    const out = join(target, file.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(out), { recursive: true })
    writeFileSync(out, outputText)
  }
  cpSync(join(repository, 'package.json'), join(target, 'package.json'))
  giveCoreNoHttp(repository, target)
}

/**
 * Our modules get an @actions/core of their own, whose HTTP client is a stand-in: it wants one for OIDC tokens only, which
 * nothing here asks for, and undici would be half of the time to start. Other libraries keep the real ones.
 */
function giveCoreNoHttp(repository: string, target: string): void {
  const core = join(target, 'node_modules/@actions/core')
  cpSync(join(repository, 'node_modules/@actions/core'), core, { recursive: true })
  const client = join(core, 'node_modules/@actions/http-client')
  mkdirSync(join(client, 'lib'), { recursive: true })
  writeFileSync(join(client, 'package.json'), '{"name":"@actions/http-client","version":"0.0.0","main":"index.cjs"}')
  for (const name of ['index.cjs', 'lib/auth.js']) cpSync(join(repository, 'build/absent/http-client.cjs'), join(client, name))
}
