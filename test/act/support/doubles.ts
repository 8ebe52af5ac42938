/** The two doubles behind one address: on GitHub the API knows the artifacts, too. */
import { once } from 'node:events'
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startGithubDouble, type GithubDouble, type GithubDoubleOptions } from '../../support/github-double/github-double.ts'
import { startResultsDouble, type ResultsDouble } from '../../support/results-double/results-double.ts'

export interface Doubles {
  readonly github: GithubDouble
  readonly results: ResultsDouble
  /** For GITHUB_API_URL. */
  readonly apiUrl: string
  /** @throws when a request or a reply was not as GitHub has it. */
  [Symbol.asyncDispose](): Promise<void>
}

export async function startDoubles(options: GithubDoubleOptions): Promise<Doubles> {
  const [github, results] = await Promise.all([startGithubDouble(options), startResultsDouble()])
  const server = createServer((request, response) => {
    results
      .rest(request, response)
      .then((taken) => {
        if (!taken) forward(github.url, request, response)
      })
      .catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    github,
    results,
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await results[Symbol.asyncDispose]()
      await github.close()
    },
  }
}

function forward(to: string, request: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', headers, url = '/' } = request
  const onward = ask(new URL(url, to), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}
