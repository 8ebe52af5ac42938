/** The jobs that the system says it has completed, page by page. */
import jmespath, { compile, type JSONValue } from '@jmespath-community/jmespath'
import type { CompletedSpec } from '../../core/descriptor.ts'
import { ChaosError, describeError } from '../../core/errors.ts'
import type { ContainerPort } from '../../ports/docker.ts'
import type { CompletedPort } from '../../ports/stack.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import { openStackPage, shown } from './page.ts'

/** Under load the system answers late as well. */
const PAGE_LIMIT_MS = 10_000
const MOST_BYTES = 4 * 1024 * 1024

export interface CompletedDeps {
  readonly spec: CompletedSpec
  readonly containers: ContainerPort
  /** Docker network that the observer is on. */
  readonly network: string
  readonly variables: Readonly<Record<string, string>>
  readonly observer: ToolboxHelper
}

export function createCompleted(deps: CompletedDeps): CompletedPort {
  const { spec, containers, network, variables, observer } = deps
  const { service, port, headers } = spec
  const page = openStackPage({
    subject: 'the list of completed jobs',
    code: 'COMPLETED_UNREADABLE',
    mostBytes: MOST_BYTES,
    service,
    port,
    headers,
    containers,
    network,
    variables,
    observer,
  })
  const ids = reader(spec, 'ids')
  const next = reader(spec, 'next')
  return {
    first: spec.first,
    async page(after, signal) {
      const answer = await page.read(spec.path.replaceAll('{after}', encodeURIComponent(after)), PAGE_LIMIT_MS, signal)
      const found = ids(answer)
      if (!Array.isArray(found) || !found.every((id) => typeof id === 'string'))
        throw unreadable(spec, 'ids', `${shown(JSON.stringify(found))} instead of a list of texts`)
      const place = next(answer)
      if (typeof place !== 'string' && typeof place !== 'number')
        throw unreadable(spec, 'next', `${shown(JSON.stringify(place))} instead of a place`)
      return { ids: found, next: String(place) }
    },
  }
}

function reader(spec: CompletedSpec, key: 'ids' | 'next'): (value: JSONValue) => JSONValue {
  const tree = compile(spec[key])
  return (value) => {
    try {
      return jmespath.TreeInterpreter.search(tree, value)
    } catch (error) {
      throw unreadable(spec, key, describeError(error, 200))
    }
  }
}

function unreadable(spec: CompletedSpec, key: 'ids' | 'next', what: string): ChaosError {
  const text = `the list of completed jobs ${spec.path} of ${spec.service} has another shape: ${spec[key]} gives ${what}`
  return new ChaosError('COMPLETED_UNREADABLE', text, {
    hint: `Check completed.${key} of the stack descriptor against the page.`,
  })
}
