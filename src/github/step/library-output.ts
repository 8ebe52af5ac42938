/**
 * What a library prints by itself, made harmless. `withCommandsStopped` would not do for the artifact library: it masks
 * the signatures of its URLs by a workflow command, and while commands are stopped that one is printed as it is.
 */
import { consoleText } from '../../report/escape.ts'

/** Commands that can do no more than hide text, or show it to who asked for debug logs. */
const HARMLESS_COMMAND = /^::(?:add-mask|debug)::[^\r\n]*\r?\n?$/

/** Replaces the stream's `write` until `work` has ended. Commands of ours must wait until then. */
export async function withTamedOutput<T>(work: () => Promise<T>, stream: NodeJS.WriteStream = process.stdout): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(stream, 'write')
  const write = stream.write.bind(stream)
  stream.write = (chunk: string | Uint8Array): boolean =>
    write(tamed(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()))
  try {
    return await work()
  } finally {
    if (before === undefined) Reflect.deleteProperty(stream, 'write')
    else Object.defineProperty(stream, 'write', before)
  }
}

/** The toolkit writes each command by itself and on one line: what has more lines holds foreign text. */
function tamed(text: string): string {
  if (HARMLESS_COMMAND.test(text)) return text
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  return `${lines.map(harmlessLine).join('\n')}\n`
}

/** Its own warnings stay warnings, as words; `consoleText` leaves no command. */
function harmlessLine(line: string): string {
  const said = line.replace(
    /^\s*::(warning|error|notice)[^:]*::(.*)/,
    (_all, level: string, text: string) => `${level}: ${text.replace(/(?:%0[AD])+/g, ' ')}`,
  )
  return consoleText(said, 2_000)
}
