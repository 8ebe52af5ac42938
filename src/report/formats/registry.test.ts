import { expect, it } from 'vitest'
import { FORMATS } from './registry.ts'

it('each format has a name and a file of its own', () => {
  const names = FORMATS.map(({ name }) => name)
  expect(names).toEqual(['markdown', 'junit', 'html', 'console'])
  const files = FORMATS.flatMap(({ file }) => file ?? [])
  expect(files).toEqual(['summary.md', 'junit.xml', 'report.html'])
  expect([new Set(names).size, new Set(files).size]).toEqual([names.length, files.length])
})
