import type { Budget, Format } from '../kinds/define-format.ts'
import { documentOf } from './document/document.ts'
import type { Result } from './facts.ts'

/** The result in one of the formats, as full as the budget allows; without one, as the format's own does. */
export function render(format: Format, result: Result, budget?: Budget): string {
  return format.write(documentOf(result, format.extent), budget)
}
