/** The descriptor of the default stack on a GPU: the usual one, with a compose file more and workers that compute on it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Output } from './outputs.ts'

interface Written {
  readonly compose: readonly string[]
  readonly services: Readonly<Record<string, object>>
}

const WORKER = 'mock-worker'

export function gpuStack(): Output {
  const usual = JSON.parse(readFileSync(join(import.meta.dirname, '../../stack/stack.json'), 'utf8')) as Written
  const services = { ...usual.services, [WORKER]: { ...usual.services[WORKER], gpu: true } }
  // Several of them would share the GPUs.
  const changed = { ...usual, stacks: 1, compose: [...usual.compose, 'docker-compose.gpu.yml'], services }
  return { path: 'stack/stack-gpu.json', content: `${JSON.stringify(changed, null, 2)}\n` }
}
