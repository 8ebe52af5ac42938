/** What a schema cannot see in a stack descriptor: names that refer to other parts of it, and to files. */
import { globSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { isJsonObject } from '../../core/json.ts'
import { notHttp } from '../../core/request.ts'
import { show, type KeyPath } from '../../kinds/display.ts'
import { pathKind } from '../read-source.ts'
import { MAX_FILES } from '../scenarios/files.ts'
import type { StackFile } from './schema.ts'
import { unknownName } from '../../kinds/references.ts'

export type Tell = (path: KeyPath, message: string) => void

/** `from` of a link that begins outside the stack. */
const CLIENT = 'client'

export function checkStack(stack: StackFile, folder: string, tell: Tell): void {
  const services = Object.keys(stack.services)
  // toxiproxy is part of the stack, but need not be described as one of its services.
  const containers = stack.toxiproxy === null ? services : [...services, stack.toxiproxy.service]
  if (services.length === 0) tell(['services'], 'is empty: there would be nothing to break')
  checkServices(stack, tell)
  known(tell, ['entry', 'service'], stack.entry.service, containers, 'service')
  stack.images.forEach((image, index) => {
    known(tell, ['images', index, 'service'], image.service, services, 'service')
    if (pathKind(resolve(folder, image.context)) !== 'folder') tell(['images', index, 'context'], 'there is no such folder')
  })
  checkLinks(stack, services, containers, tell)
  checkRequests(stack, containers, tell)
  checkPool(stack, services, containers, tell)
  checkVram(stack, services, tell)
  if (stack.completed !== null) checkCompleted(stack.completed, stack, containers, tell)
  stack.gauges.forEach(({ service }, index) => {
    known(tell, ['gauges', index, 'service'], service, containers, 'service')
  })
  stack.compose.forEach((file, index) => {
    if (pathKind(resolve(folder, file)) !== 'file') tell(['compose', index], 'there is no such file')
  })
  checkRepeats(stack.compose, ['compose'], tell)
  checkRepeats(stack.secrets, ['secrets'], tell)
}

/** The scenario files behind the globs, absolute, each once. */
export function resolveScenarioFiles(globs: readonly string[], folder: string, tell: Tell): string[] {
  const files = new Set<string>()
  globs.forEach((pattern, index) => {
    const found = globSync(pattern, { cwd: folder })
      .map((file) => resolve(folder, file))
      .filter((file) => pathKind(file) === 'file')
      .sort()
    if (found.length === 0) tell(['scenarios', index], `matches no file in ${folder}`)
    for (const file of found) files.add(file)
  })
  if (files.size > MAX_FILES) tell(['scenarios'], `matches ${files.size} files; at most ${MAX_FILES} are read`)
  return [...files]
}

/** A path for messages: short where the file is below the working directory. */
export function shortPath(file: string): string {
  const short = relative(process.cwd(), file)
  return short !== '' && !short.startsWith('..') ? short : file
}

/** Its API has the name in the path, where it splits at each slash and leaves dots out, however they are written. */
function refuseProxyName(name: string, path: KeyPath, tell: Tell): void {
  if (name.includes('/') || name === '.' || name === '..')
    tell(path, `toxiproxy would not find a proxy called ${show(name)} again: call it without a slash, in both files`)
}

function known(tell: Tell, path: KeyPath, name: string, names: readonly string[], what: string): void {
  if (!names.includes(name)) tell(path, unknownName(what, name, names))
}

function checkServices(stack: StackFile, tell: Tell): void {
  const services = Object.keys(stack.services)
  for (const [name, service] of Object.entries(stack.services)) {
    if (name === CLIENT) tell(['services', name], `no service can be called "${CLIENT}": in links that is the outside`)
    service.depends_on.forEach((other, index) => {
      const path = ['services', name, 'depends_on', index]
      if (other === name) tell(path, 'a service does not depend on itself')
      else known(tell, path, other, services, 'service')
    })
  }
}

function checkLinks(stack: StackFile, services: readonly string[], containers: readonly string[], tell: Tell): void {
  const names = Object.keys(stack.links)
  const proxies = new Map<string, string>()
  const ports = new Map<number, string>()
  if (names.length > 0 && stack.toxiproxy === null)
    tell(['links'], 'links need toxiproxy: say which service and port its API has')
  for (const [name, link] of Object.entries(stack.links)) {
    const at = ['links', name]
    if (name === 'all') tell(at, 'no link can be called "all": in scenarios that means every link')
    known(tell, [...at, 'from'], link.from, [CLIENT, ...services], 'service')
    known(tell, [...at, 'to'], link.to, services, 'service')
    known(tell, [...at, 'upstream', 'service'], link.upstream.service, containers, 'service')
    if (link.leg !== null) {
      known(tell, [...at, 'leg', 'client'], link.leg.client, containers, 'service')
      known(tell, [...at, 'leg', 'server'], link.leg.server, containers, 'service')
    }
    refuseProxyName(link.proxy, [...at, 'proxy'], tell)
    checkAlternatives(stack, name, [...at, 'one_of'], tell)
    checkTaken(proxies, link.proxy, name, [...at, 'proxy'], tell)
    checkTaken(ports, link.listen_port, name, [...at, 'listen_port'], tell)
  }
  if (stack.default_link !== null) known(tell, ['default_link'], stack.default_link, names, 'link')
}

/** Of a group with different paths nobody could say how often the canary crosses it. */
function checkAlternatives({ links }: StackFile, name: string, path: KeyPath, tell: Tell): void {
  const { one_of: group, on_canary_path: isOnPath } = links[name] ?? {}
  if (group === undefined) return
  const others = Object.entries(links).filter(([other, link]) => other !== name && link.one_of === group)
  const [unlike] = others.find(([, link]) => link.on_canary_path !== isOnPath) ?? []
  if (others.length === 0) tell(path, `no other link is one of ${show(group)}: a request would always cross this one`)
  else if (unlike !== undefined)
    tell(path, `link ${show(unlike)} is one of ${show(group)} as well: on_canary_path must be the same of both`)
}

function checkRequests({ canary: { request, burst }, requests }: StackFile, containers: readonly string[], tell: Tell): void {
  for (const [name, { http }] of Object.entries(requests))
    if (http?.at !== undefined) known(tell, ['requests', name, 'at', 'service'], http.at.service, containers, 'service')
  const check = (name: string, path: KeyPath): void => {
    known(tell, path, name, Object.keys(requests), 'request')
    refuseWithin(requests, name, 'the canary is a client', path, tell)
  }
  const inTurn = [request].flat().length
  // One burst would hold other kinds than the next.
  if (burst !== undefined && burst < inTurn)
    tell(['canary', 'burst'], `is ${burst}, and ${inTurn} requests take turns: give it as many at least`)
  if (typeof request === 'string') check(request, ['canary', 'request'])
  else
    request.forEach((name, index) => {
      check(name, ['canary', 'request', index])
    })
}

/** Others than clauses send to the entry alone. */
function refuseWithin(requests: StackFile['requests'], name: string, why: string, path: KeyPath, tell: Tell): void {
  const at = Object.hasOwn(requests, name) ? requests[name]?.http?.at : undefined
  if (at !== undefined) tell(path, `${why}, and the request ${show(name)} goes to ${at.service}: leave its at out`)
}

function checkTaken<T>(taken: Map<T, string>, value: T, link: string, path: KeyPath, tell: Tell): void {
  const other = taken.get(value)
  if (other === undefined) taken.set(value, link)
  else tell(path, `is that of link "${other}" already: a fault on one would hit both`)
}

function checkPool(stack: StackFile, services: readonly string[], containers: readonly string[], tell: Tell): void {
  const { pool } = stack
  if (pool === null) return
  if (typeof pool.service === 'string') known(tell, ['pool', 'service'], pool.service, services, 'service')
  else {
    pool.service.forEach((name, index) => {
      known(tell, ['pool', 'service', index], name, services, 'service')
    })
    checkRepeats(pool.service, ['pool', 'service'], tell)
  }
  known(tell, ['pool', 'list', 'service'], pool.list.service, containers, 'service')
  if (pool.work !== null) checkHttpRequest(stack, ['pool', 'work'], pool.work, 'work that keeps a pool busy', tell)
  const meanings = new Map<string, string>()
  for (const [meaning, states] of Object.entries(pool.states)) {
    states.forEach((state, index) => {
      const other = meanings.get(state)
      if (other !== undefined) tell(['pool', 'states', meaning, index], `${show(state)} means ${other} already`)
      meanings.set(state, meaning)
    })
  }
}

function checkCompleted(
  completed: NonNullable<StackFile['completed']>,
  { canary, requests }: Pick<StackFile, 'canary' | 'requests'>,
  containers: readonly string[],
  tell: Tell,
): void {
  const { service, kept_by: keeper, ours_alone: isOursAlone } = completed
  known(tell, ['completed', 'service'], service, containers, 'service')
  if (keeper !== null) known(tell, ['completed', 'kept_by'], keeper, containers, 'service')
  if (!isOursAlone) return
  // What they ask for by no id of their own would hide all that nobody asked for.
  for (const name of [canary.request].flat()) {
    if (requests[name]?.asksFor === 'job')
      tell(
        ['completed', 'ours_alone'],
        `the request ${show(name)} of the canary gives its job no id that is known before the answer: write it under refused.job, or what job reads under good.echoes`,
      )
  }
}

/** The stack has a request of that name, and one of HTTP: it is sent by other means than the canary's. */
function checkHttpRequest({ requests }: StackFile, path: KeyPath, name: string, who: string, tell: Tell): void {
  const request = requests[name]
  if (request === undefined) known(tell, path, name, Object.keys(requests), 'request')
  else if (request.http === null) tell(path, notHttp(name, request, who))
  else refuseWithin(requests, name, `${who} goes to the entry`, path, tell)
}

function checkVram(stack: StackFile, services: readonly string[], tell: Tell): void {
  const { vram } = stack
  if (vram === null) return
  known(tell, ['vram', 'service'], vram.service, services, 'service')
  checkHttpRequest(stack, ['vram', 'request'], vram.request, 'simulated GPU memory', tell)
  const body = stack.requests[vram.request]?.http?.body
  const key = vram.size_key
  const sized = isJsonObject(body) && typeof body[key] === 'number'
  if (body !== undefined && !sized) {
    tell(['vram', 'size_key'], `the body of request ${show(vram.request)} has no number at ${show(key)}`)
  }
}

function checkRepeats(values: readonly string[], path: KeyPath, tell: Tell): void {
  values.forEach((value, index) => {
    if (values.indexOf(value) < index) tell([...path, index], 'is in the list twice')
  })
}
