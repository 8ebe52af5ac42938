/**
 * A double of GitHub: an HTTP server on 127.0.0.1 that keeps what is written to it, pages as GitHub does, and holds each
 * request and each reply against GitHub's published OpenAPI. For tests in the same process, and for programs that get
 * `GITHUB_API_URL` from `url`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Fault, Injection } from './faults.ts'
import { githubOpenApi, type Operation } from './openapi.ts'
import { OPERATIONS, refusal, type Call, type Reply } from './operations.ts'
import { pageOf } from './pages.ts'
import { graphqlProblems, route, type Route } from './routes.ts'
import type { Sites } from './shapes.ts'
import { ACTIONS_BOT, REPOSITORY_ID, World, type Identity } from './world.ts'

export interface SeenRequest {
  /** An operation id, or `graphql`; empty when there is none. */
  readonly operation: string
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly login: string
  readonly body: unknown
}

export interface GithubDoubleOptions {
  readonly owner?: string
  readonly repo?: string
  /** Who comes with which token; `token` alone is GITHUB_TOKEN's bot with every right. */
  readonly tokens?: Readonly<Record<string, Identity>>
}

export interface FailOptions {
  readonly times?: number
  readonly after?: number
  /** True: the request has its effect, and only the answer is lost. */
  readonly applied?: boolean
}

type Hook = () => Promise<void>
interface Waiting {
  readonly operation: string
  readonly hook: Hook
  times: number
}

export class GithubDouble {
  readonly world: World
  readonly requests: SeenRequest[] = []
  /** Requests and replies that are not as GitHub's OpenAPI says, each with its JSON pointer. `close` throws them. */
  readonly violations: string[] = []
  private readonly injections: Injection[] = []
  private readonly waiting: Waiting[] = []
  private readonly server: Server
  private port = 0

  constructor(options: GithubDoubleOptions = {}) {
    this.world = new World(options.owner ?? 'octo', options.repo ?? 'shop')
    for (const [token, identity] of Object.entries({ token: ACTIONS_BOT, ...options.tokens }))
      this.world.identities.set(token, identity)
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => {
        this.violations.push(
          `the double itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        )
        response.destroy()
      })
    })
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(0, '127.0.0.1', resolve)
    })
    this.port = (this.server.address() as AddressInfo).port
    return this
  }

  /** For GITHUB_API_URL. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** For GITHUB_API_URL, as an Enterprise Server has it. */
  get enterpriseUrl(): string {
    return `${this.url}/api/v3`
  }

  /** After `after` requests of the operation the next `times` end so; the first injection that fits is taken. */
  fail(operation: string, fault: Fault, { times = 1, after = 0, applied = false }: FailOptions = {}): void {
    this.injections.push({ operation, fault, times, after, applied })
  }

  /** `hook` runs before the next `times` requests of the operation are looked at. */
  before(operation: string, hook: Hook, times = 1): void {
    this.waiting.push({ operation, hook, times })
  }

  /** The next `count` requests of the operation are served when all of them are there. */
  together(operation: string, count: number): void {
    const all = Promise.withResolvers<undefined>()
    let here = 0
    const hook = async (): Promise<void> => {
      here += 1
      if (here === count) all.resolve(undefined)
      await all.promise
    }
    this.before(operation, hook, count)
  }

  seen(operation: string): SeenRequest[] {
    return this.requests.filter((one) => one.operation === operation)
  }

  /** Ends every connection. @throws Error with all violations. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve()
      })
    })
    this.server.closeAllConnections()
    await closed
    if (this.violations.length > 0) throw new Error(`not as GitHub's OpenAPI says:\n${this.violations.join('\n')}`)
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request)
    const url = new URL(request.url ?? '/', this.url)
    const pathname = url.pathname
      .replace(/^\/api\/v3(?=\/)/, '')
      .replace(`/repositories/${REPOSITORY_ID}/`, `/repos/${this.world.owner}/${this.world.repo}/`)
    const found = pathname === '/graphql' || pathname === '/api/graphql' ? null : route(request.method ?? '', pathname)
    const operation = found === null ? 'graphql' : (found?.operation.id ?? '')
    const identity = this.world.identities.get(/^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '')
    const body = parseJson(text)
    this.requests.push({
      operation,
      method: request.method ?? '',
      path: `${pathname}${url.search}`,
      login: identity?.login ?? '',
      body,
    })
    const problems = this.requestProblems(request, found, url, body)
    await this.runHooks(operation)
    const injection = problems.length > 0 ? undefined : this.takeInjection(operation)
    if (injection !== undefined && !injection.applied) {
      this.inflict(injection.fault, response, found?.operation ?? null)
      return
    }
    const reply = problems.length > 0 ? refuse(problems) : this.answer({ found, url, body, identity })
    if (injection !== undefined) this.inflict(injection.fault, response, found?.operation ?? null)
    else this.send(response, reply, problems.length > 0 ? null : (found?.operation ?? null), url)
  }

  private requestProblems(request: IncomingMessage, found: Route | null | undefined, url: URL, body: unknown): string[] {
    const name = `${request.method ?? ''} ${url.pathname}`
    const contentType = request.headers['content-type']
    const problems =
      found === undefined
        ? ['the double has no such operation']
        : found === null
          ? graphqlProblems(request.method ?? '', body)
          : githubOpenApi().checkRequest(found.operation, {
              pathParameters: found.parameters,
              query: url.searchParams,
              body,
              contentType,
            })
    if (request.headers['user-agent'] === undefined) problems.push('/headers/user-agent: is missing')
    const told = problems.map((problem) => `request ${name}: ${problem}`)
    this.violations.push(...told)
    return told
  }

  private async runHooks(operation: string): Promise<void> {
    const waiting = this.waiting.find((one) => one.times > 0 && matches(one.operation, operation))
    if (waiting === undefined) return
    waiting.times -= 1
    await waiting.hook()
  }

  private takeInjection(operation: string): Injection | undefined {
    const injection = this.injections.find((one) => one.times > 0 && matches(one.operation, operation))
    if (injection === undefined) return undefined
    if (injection.after > 0) {
      injection.after -= 1
      return undefined
    }
    injection.times -= 1
    return injection
  }

  private answer({ found, url, body, identity }: Answerable): Reply {
    if (identity === undefined) return refusal(401, 'Bad credentials')
    if (found === null || found === undefined) return { status: 200, body: { data: { viewer: { login: identity.login } } } }
    const { parameters, operation } = found
    if (parameters['owner'] !== this.world.owner || parameters['repo'] !== this.world.repo) return refusal(404, 'Not Found')
    const own = OPERATIONS[operation.id]
    if (own === undefined) return refusal(404, 'Not Found')
    if (own.scopes.length > 0 && !own.scopes.some((scope) => identity.grants[scope] === 'write')) {
      const accepted = own.scopes.map((scope) => `${scope}=write`).join('; ')
      return refusal(403, 'Resource not accessible by integration', { 'x-accepted-github-permissions': accepted })
    }
    const call: Call = {
      world: this.world,
      identity,
      parameters,
      query: url.searchParams,
      body: (body ?? {}) as Call['body'],
      sites: this.sites(),
    }
    return own.handle(call)
  }

  private sites(): Sites {
    return { api: this.url, web: `${this.url}/web` }
  }

  private send(response: ServerResponse, reply: Reply, operation: Operation | null, url: URL): void {
    const page = reply.list === undefined ? null : pageOf(reply.list.entries, url, this.url, this.world)
    const body = page === null ? reply.body : reply.list?.wrap(page.entries)
    if (operation !== null) {
      const problems = githubOpenApi().checkReply(operation, reply.status, body)
      this.violations.push(...problems.map((problem) => `reply ${operation.id} ${reply.status}: ${problem}`))
    }
    const headers = { ...RATE_LIMIT, ...(page?.link === undefined ? {} : { link: page.link }), ...reply.headers }
    if (body === undefined) response.writeHead(reply.status, headers).end()
    else
      response
        .writeHead(reply.status, { ...headers, 'content-type': 'application/json; charset=utf-8' })
        .end(JSON.stringify(body))
  }

  private inflict(fault: Fault, response: ServerResponse, operation: Operation | null): void {
    switch (fault.kind) {
      case 'hang':
        return
      case 'hang-in-body':
        response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).write('[{"id":')
        return
      case 'reset':
        response.socket?.resetAndDestroy()
        return
      case 'html':
        response.writeHead(fault.status, { 'content-type': 'text/html' }).end('<html><title>Unicorn!</title></html>')
        return
      case 'reply':
        this.send(response, fault.reply, operation, new URL(this.url))
    }
  }
}

/** Starts one. Whoever starts it closes it, which also tells what was not as GitHub has it. */
export async function startGithubDouble(options: GithubDoubleOptions = {}): Promise<GithubDouble> {
  return new GithubDouble(options).start()
}

interface Answerable {
  /** null: GraphQL; undefined: nothing that the double knows. */
  readonly found: Route | null | undefined
  readonly url: URL
  readonly body: unknown
  readonly identity: Identity | undefined
}

const RATE_LIMIT = {
  ...{ 'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '987', 'x-ratelimit-used': '13' },
  ...{ 'x-ratelimit-reset': '4102444800', 'x-ratelimit-resource': 'core', 'x-github-media-type': 'github.v3; format=json' },
}

function refuse(problems: readonly string[]): Reply {
  return refusal(400, problems.join('\n'))
}

function matches(wanted: string, operation: string): boolean {
  return wanted === '*' || wanted === operation
}

const MOST_BYTES = 2 * 1024 * 1024

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > MOST_BYTES) throw new Error(`the request has over ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** undefined for no body; the text itself where it is no JSON, which no schema of an object accepts. */
function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
