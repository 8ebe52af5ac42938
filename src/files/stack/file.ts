/** Reads a stack descriptor file into what the engine knows of a stack. */
import { dirname, resolve } from 'node:path'
import type { Descriptor, GaugeSpec, Link, PoolSpec, ServiceSpec, VramSpecOfStack } from '../../core/descriptor.ts'
import type { KeyPath } from '../../kinds/display.ts'
import { nodeAt } from '../json-tree.ts'
import { mistakesError } from '../mistakes.ts'
import { readJsonSource } from '../read-source.ts'
import { checkNode } from '../schema-issues.ts'
import { checkStack, resolveScenarioFiles, shortPath } from './checks.ts'
import { stackSchema, type StackFile } from './schema.ts'

/** Checks a descriptor file and the files it names; never throws for what it holds. `locate`: where a key stands in it. */
export function checkDescriptorFile(file: string) {
  const source = readJsonSource(file)
  const { root, mistakes } = source
  if (root === null) return { descriptor: null, mistakes: mistakes.toArray(), locate: () => source.locate(0) }
  const locate = (path: KeyPath): { line: number; column: number } => source.locate(nodeAt(root, path).offset)
  const stack = checkNode(stackSchema, root, [], mistakes)
  if (stack === null) return { descriptor: null, mistakes: mistakes.toArray(), locate }
  const tell = (path: KeyPath, message: string): void => {
    mistakes.add(nodeAt(root, path).offset, path, message)
  }
  const folder = dirname(resolve(file))
  checkStack(stack, folder, tell)
  const scenarioFiles = resolveScenarioFiles(stack.scenarios, folder, tell)
  const descriptor = mistakes.count === 0 ? toDescriptor(stack, resolve(file), scenarioFiles) : null
  return { descriptor, mistakes: mistakes.toArray(), locate }
}

/** @throws ChaosError BAD_INPUT with all mistakes of the file. */
export function loadDescriptor(file: string): Descriptor {
  const { descriptor, mistakes } = checkDescriptorFile(file)
  if (descriptor === null) throw mistakesError('the stack descriptor', mistakes)
  return descriptor
}

function toDescriptor(stack: StackFile, file: string, scenarioFiles: readonly string[]): Descriptor {
  const folder = dirname(file)
  return {
    name: stack.name,
    reference: stack.reference,
    file,
    composeFiles: stack.compose.map((path) => resolve(folder, path)),
    images: stack.images.map((image) => ({ ...image, context: resolve(folder, image.context) })),
    secrets: stack.secrets,
    stacks: stack.stacks,
    cpuQuotas: stack.cpu_quotas,
    services: Object.entries(stack.services).map(toService),
    entry: stack.entry,
    toxiproxy: stack.toxiproxy,
    links: Object.entries(stack.links).map(toLink),
    defaultLink: stack.default_link,
    requests: stack.requests,
    canary: toCanary(stack.canary),
    pool: stack.pool === null ? null : toPool(stack.pool),
    vram: stack.vram === null ? null : toVram(stack.vram),
    completed: stack.completed === null ? null : toCompleted(stack.completed),
    gauges: stack.gauges.map(toGauge),
    scenarioFiles: scenarioFiles.map(shortPath),
    loadFolders: stack.load.map((path) => shortPath(resolve(folder, path))),
    defects: stack.defects === null ? null : toDefects(stack.defects),
  }
}

function toCompleted({
  kept_by: keptBy,
  ours_alone: oursAlone,
  ...spec
}: NonNullable<StackFile['completed']>): Descriptor['completed'] {
  return { ...spec, keptBy, oursAlone }
}

function toCanary({
  request,
  rate_per_second: ratePerSecond,
  watch_per_second: watch,
  burst,
}: StackFile['canary']): Descriptor['canary'] {
  return {
    ...{ requests: namesIn(request), ratePerSecond },
    ...(watch === undefined ? {} : { watchPerSecond: watch }),
    ...(burst === undefined ? {} : { burst }),
  }
}

function namesIn(request: StackFile['canary']['request']): [string, ...string[]] {
  // The schema has seen to it that there is one.
  const [first = '', ...others] = [request].flat()
  return [first, ...others]
}

function toService([name, service]: [string, StackFile['services'][string]]): ServiceSpec {
  const { health, depends_on: dependsOn, replicas, control, data, gpu } = service
  return { name, health, dependsOn, replicas, control, data, gpu }
}

function toLink([name, link]: [string, StackFile['links'][string]]): Link {
  const { from, to, proxy, upstream, probe, leg } = link
  return {
    ...{ name, from, to, proxy, listenPort: link.listen_port, upstream, onCanaryPath: link.on_canary_path },
    ...(link.one_of === undefined ? {} : { oneOf: link.one_of }),
    ...{ probe, leg },
  }
}

function toDefects({ variable, known }: NonNullable<StackFile['defects']>): NonNullable<Descriptor['defects']> {
  const defects = Object.entries(known).map(
    ([name, { may_fail: mayFail = [], blinds = [], clauses = {}, fails, text }]) =>
      [name, { fails, clauses, mayFail, blinds, text }] as const,
  )
  return { variable, known: Object.fromEntries(defects) }
}

function toGauge({ at_most_more: more, at_most_less: less, ...gauge }: StackFile['gauges'][number]): GaugeSpec {
  return { ...gauge, atMostMore: more ?? null, atMostLess: less ?? null }
}

function toPool(pool: NonNullable<StackFile['pool']>): PoolSpec {
  const { in_flight: inFlight, service, ...rest } = pool
  return { ...rest, services: [service].flat(), inFlight }
}

function toVram(vram: NonNullable<StackFile['vram']>): VramSpecOfStack {
  const { service, request, size_key: sizeKey, largest, smallest, metrics } = vram
  const { port, path, used_bytes: usedBytes, total_bytes: totalBytes } = metrics
  return { service, request, sizeKey, largest, smallest, metrics: { port, path, usedBytes, totalBytes } }
}
