/** JSON pages that a service has for us, read inside the stack's network: what breaks the way in hides nothing. */
import jmespath, { compile, type JSONValue } from '@jmespath-community/jmespath'
import { ChaosError, describeError, type ErrorCode } from '../../core/errors.ts'
import type { ContainerPort } from '../../ports/docker.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import { fillRecord } from '../../core/variables.ts'
import type { FetchReply } from '../../toolbox/operations/requests/fetch.ts'

const SHOWN_LENGTH = 200

/** What a page is read with. */
export interface PageDeps {
  readonly containers: ContainerPort
  /** Docker network that the observer is on. */
  readonly network: string
  readonly variables: Readonly<Record<string, string>>
  readonly observer: ToolboxHelper
}

export interface StackPageOptions extends PageDeps {
  /** As the subject of "… cannot be read". */
  readonly subject: string
  readonly code: ErrorCode
  readonly place: { readonly service: string; readonly port: number; readonly headers: Readonly<Record<string, string>> }
  readonly mostBytes: number
}

export interface StackPage {
  /** A whole answer with a 2xx status; `body` is sent as JSON. @throws the options' code for anything else. */
  ask(method: string, path: string, timeoutMs: number, signal: AbortSignal, body?: string | null): Promise<string>
  /** The same as JSON. */
  read(path: string, timeoutMs: number, signal: AbortSignal): Promise<JSONValue>
}

export function openStackPage(options: StackPageOptions): StackPage {
  const { observer, mostBytes, subject, code } = options
  const { service, port } = options.place
  let host: string | null = null
  const ask: StackPage['ask'] = async (method, path, timeoutMs, signal, body = null) => {
    host ??= await addressOf(options, signal)
    const type = body === null ? {} : { 'content-type': 'application/json' }
    const headers = { ...type, ...fillRecord(options.place.headers, options.variables) }
    try {
      const args = { target: { host, port }, method, path, headers, body, timeoutMs, maxBytes: mostBytes }
      return answered(await observer.call('fetch', args, signal), `${method} ${path}`, options)
    } catch (error) {
      // After a restart the service may have another address.
      host = null
      throw error
    }
  }
  return {
    ask,
    async read(path, timeoutMs, signal) {
      const text = await ask('GET', path, timeoutMs, signal)
      try {
        return JSON.parse(text) as JSONValue
      } catch (error) {
        throw new ChaosError(code, `${subject}'s page ${path} of ${service} is not JSON: ${shown(text)}`, { cause: error })
      }
    },
  }
}

/** An expression, compiled once. What it cannot be applied to is thrown as what `unreadable` makes of the reason. */
export function searcher(expression: string, unreadable: (why: string) => ChaosError): (value: JSONValue) => JSONValue {
  const tree = compile(expression)
  return (value) => {
    try {
      return jmespath.TreeInterpreter.search(tree, value)
    } catch (error) {
      throw unreadable(describeError(error, SHOWN_LENGTH))
    }
  }
}

/** Address of the service on the stack's network. @throws the code when none of its containers has one. */
async function addressOf(options: StackPageOptions, signal: AbortSignal): Promise<string> {
  const { containers, network, subject, code } = options
  const { service } = options.place
  const all = await containers.glance(signal)
  const running = all.filter((container) => container.service === service && container.status === 'running')
  const found = running.map(({ addresses }) => addresses[network])
  const address = found.find((candidate) => candidate !== undefined)
  if (address !== undefined) return address
  throw new ChaosError(code, `${subject} cannot be read: no container of ${service} runs with an address on ${network}`)
}

function answered(reply: FetchReply, what: string, { place, subject, code, mostBytes }: StackPageOptions): string {
  const where = `${what} at ${place.service}:${place.port}`
  if (reply.error !== null || reply.status === null)
    throw new ChaosError(code, `${subject} gave no answer to ${where}: ${reply.error ?? 'no status'}`)
  if (reply.status < 200 || reply.status > 299)
    throw new ChaosError(code, `${subject} answered ${where} with status ${reply.status}: ${shown(reply.body)}`)
  if (!reply.complete) throw new ChaosError(code, `${subject}'s answer to ${where} is longer than ${mostBytes} bytes, or was cut`)
  return reply.body
}

/** One line of it, for a message. */
export function shown(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ')
  if (line === '') return 'nothing'
  return line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH)}…` : line
}
