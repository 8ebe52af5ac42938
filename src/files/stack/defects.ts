import type { Descriptor } from '../../core/descriptor.ts'
import { keyPathText, type KeyPath } from '../../kinds/display.ts'
import { unknownName } from '../../kinds/references.ts'
import type { Mistake } from '../mistakes.ts'

/** Defects that name scenarios which no scenario file of the stack has, and clauses of scenarios that are to stay green. */
export function checkDefects(
  entries: readonly { readonly id: string }[],
  descriptor: Descriptor,
  locate: (path: KeyPath) => { line: number; column: number },
): Mistake[] {
  const ids = entries.map(({ id }) => id)
  const mistakes: Mistake[] = []
  const tell = (path: KeyPath, message: string): void => {
    mistakes.push({ file: descriptor.file, ...locate(path), key: keyPathText(path), message })
  }
  for (const [name, defect] of Object.entries(descriptor.defects?.known ?? {})) {
    const at = ['defects', 'known', name]
    for (const [key, list] of Object.entries({ fails: defect.fails, may_fail: defect.mayFail, blinds: defect.blinds }))
      list.forEach((id, index) => {
        if (!ids.includes(id)) tell([...at, key, index], unknownName('scenario', id, ids))
      })
    for (const id of Object.keys(defect.clauses).filter((one) => !defect.fails.includes(one)))
      tell([...at, 'clauses', id], `says what is missed in ${id}, which is not among the scenarios that it fails`)
  }
  return mistakes
}
