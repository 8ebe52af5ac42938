/** Where a check run points in the code: the lines of the scenario files whose entries are not green. */
import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { RunVerdict, Verdict } from '../../core/model.ts'
import { consoleText, truncate, visibleText } from '../../report/escape.ts'
import { byUrgency, isProblem, type LoadOf, type Result, type ScenarioOf } from '../../report/facts.ts'

/** As GitHub's API takes it. */
export interface CheckAnnotation {
  readonly path: string
  readonly start_line: number
  readonly end_line: number
  readonly annotation_level: 'warning' | 'failure'
  readonly title: string
  readonly message: string
}

export interface CheckAnnotations {
  readonly inside: readonly CheckAnnotation[]
  /** Of files outside the workspace, which no check run can point to: `NF-001 …: failed (/path/file.json:20)`. */
  readonly outside: readonly string[]
}

/** So that a check run is bounded however many scenarios there are. */
const MOST_ANNOTATIONS = 500
/** GitHub takes 64 KB for each; fifty of them travel in one request. */
const LONGEST_MESSAGE = 4_000
const LONGEST_TITLE = 200

export interface AnnotationOptions {
  /** Absolute. Names of files in the result are taken from here. */
  readonly workspace: string
  readonly failOn: readonly RunVerdict[]
}

/** One for each entry that is not green, failures first. */
export function checkAnnotations(result: Result, options: AnnotationOptions): CheckAnnotations {
  const entries = byUrgency([...result.scenarios, ...result.load])
    .filter(isProblem)
    .slice(0, MOST_ANNOTATIONS)
  const inside: CheckAnnotation[] = []
  const outside: string[] = []
  for (const entry of entries) {
    const path = pathInside(options.workspace, entry.source.file)
    const line = Math.max(1, entry.source.line)
    const title = consoleText(`${entry.id} ${entry.name}: ${entry.verdict}`, LONGEST_TITLE)
    if (path === null) outside.push(`${title} (${consoleText(`${entry.source.file}:${entry.source.line}`, 300)})`)
    else
      inside.push({
        ...{ path, start_line: line, end_line: line },
        annotation_level: level(entry.verdict, options),
        title,
        message: message(entry),
      })
  }
  return { inside, outside }
}

function level(verdict: Verdict, options: AnnotationOptions): CheckAnnotation['annotation_level'] {
  return verdict === 'inconclusive' && !options.failOn.includes(verdict) ? 'warning' : 'failure'
}

/** Shown as plain text. */
function message(entry: ScenarioOf | LoadOf): string {
  const text = [...entry.reasons, `Repeat: ${entry.repeatCommand}`].join('\n')
  return truncate(visibleText(text), LONGEST_MESSAGE)
}

function pathInside(workspace: string, file: string): string | null {
  const path = relative(workspace, resolve(workspace, file))
  const outside = path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)
  return outside ? null : path.split(sep).join('/')
}
