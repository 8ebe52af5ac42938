import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'
import { importWalls } from './build/lint/walls.ts'

const TESTS = ['**/*.test.ts', 'test/**/*.ts']

export default defineConfig(
  globalIgnores(['dist/', 'results/', 'coverage/', 'node_modules/', 'schema/', 'test/fixtures/', '.build/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
    },
  },
  {
    files: TESTS,
    rules: {
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
    },
  },
  // Programs whose output is the console.
  {
    files: ['src/entry/**/*.ts', 'build/**/*.{ts,js}', 'bench/**/*.{ts,js}', 'script/**/*.{ts,js}'],
    rules: { 'no-console': 'off' },
  },
  ...importWalls(import.meta.dirname),
  // Outside the TypeScript project: k6 scripts and this file.
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        __ENV: 'readonly',
        __VU: 'readonly',
        __ITER: 'readonly',
        open: 'readonly',
      },
    },
  },
)
