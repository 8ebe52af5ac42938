/** All formats beside result.json, which is the result itself. One line for each folder. */
import type { Format } from '../../kinds/define-format.ts'
import { consoleFormat } from './console/format.ts'
import { html } from './html/format.ts'
import { junit } from './junit/format.ts'
import { markdown } from './markdown/format.ts'

export const FORMATS: readonly Format[] = [markdown, junit, html, consoleFormat]
