/**
 * A verdict is decided in src/core/verdict.ts alone. This rule finds where one is written down elsewhere: told as a property,
 * kept in a variable, returned, or handed on. To read one, and to compare with it, is free; verdicts.test.ts proves each case.
 */
import type { Linter, Rule } from 'eslint'

/** `error` and `failed` are names of other things as well: it depends on where they stand. */
const WORD = 'Literal[value=/^(passed|failed|error|inconclusive|skipped)$/]'
/** Neither part of a type nor compared with. */
const TOLD = `${WORD}:not(TSLiteralType > *, BinaryExpression > *, CallExpression[callee.property.name='includes'] > *)`
const NAME = '/verdict$/i'

const PLACES = [
  `Property[key.name=${NAME}]`,
  `Property[key.value=${NAME}]`,
  `PropertyDefinition[key.name=${NAME}]`,
  `VariableDeclarator[id.name=${NAME}]`,
  `AssignmentPattern[left.name=${NAME}]`,
  `AssignmentExpression[left.name=${NAME}]`,
  `AssignmentExpression[left.property.name=${NAME}]`,
  `CallExpression[callee.name=${NAME}]`,
  "CallExpression:has(> Literal[value='verdict'])",
  'TSAsExpression[typeAnnotation.typeName.name=/Verdict$/]',
  'TSSatisfiesExpression[typeAnnotation.typeName.name=/Verdict$/]',
  // By what it says that it returns: Verdict, RunVerdict, RunResult['verdict'], Pick<LoadResult, 'verdict'>.
  ":function:has(> TSTypeAnnotation:has(Identifier[name=/Verdict$/], TSLiteralType > Literal[value='verdict']))",
]

const SELECTOR = [
  ...PLACES.map((place) => `${place} ${TOLD}`),
  // A parameter that takes but some of them: whoever calls it has decided.
  `:function > Identifier[name=${NAME}] > TSTypeAnnotation ${WORD}`,
].join(', ')

const rule: Rule.RuleModule = {
  meta: { type: 'problem', schema: [] },
  create: (context) => ({
    [SELECTOR]: (node: Rule.Node) => {
      context.report({ node, message: 'A verdict is decided in src/core/verdict.ts only.' })
    },
  }),
}

export const VERDICT_RULE = 'verdicts/decided-elsewhere'

/** Flat config blocks. The other source of verdicts is a result file that is parsed: its shape names them. */
export function verdictWall(): Linter.Config[] {
  return [
    {
      files: ['src/**/*.ts'],
      ignores: ['**/*.test.ts', '**/*.fixture.ts', 'src/core/verdict.ts', 'src/core/result/**', 'src/engine/rig/**'],
      plugins: { verdicts: { rules: { 'decided-elsewhere': rule } } },
      rules: { [VERDICT_RULE]: 'error' },
    },
  ]
}
