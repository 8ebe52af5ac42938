import { defineConfig, globalIgnores } from 'eslint/config'
import parser from '@typescript-eslint/parser'
import { verdictWall } from './build/lint/verdicts.ts'
import { importWalls } from './build/lint/walls.ts'

// The walls between folders and around verdicts alone: all else is oxlint's (.oxlintrc.json), which needs a quarter of the time.
export default defineConfig(
  globalIgnores(['dist/', 'test/fixtures/', '.build/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { files: ['**/*.ts'], languageOptions: { parser } },
  ...importWalls(import.meta.dirname),
  ...verdictWall(),
)
