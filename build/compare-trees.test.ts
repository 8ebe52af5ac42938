import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { compareTrees } from './compare-trees.ts'

function tree(root: string, files: Record<string, string>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  return root
}

test('names every file that is missing, left over or different, and no other', () => {
  const root = mkdtempSync(join(tmpdir(), 'chaos-compare-'))
  try {
    const expected = tree(join(root, 'a'), { same: '1', 'main/index.js': '1', 'cli/index.js': 'x' })
    const actual = tree(join(root, 'b'), { same: '1', 'main/index.js': '2', 'old/index.js': 'x' })
    expect(compareTrees(expected, actual)).toEqual([
      'cli/index.js: missing',
      'main/index.js: differs',
      'old/index.js: not built any more',
    ])
    expect(compareTrees(expected, expected)).toEqual([])
  } finally {
    rmSync(root, { recursive: true })
  }
})
