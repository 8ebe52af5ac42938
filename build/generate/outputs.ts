/** Files of the repository that are made from others and committed: each is regenerated and compared by CI. */
import { gpuStack } from './gpu-stack.ts'
import { jsonSchemas } from './json-schemas.ts'
import { readme } from './readme.ts'
import { resultPage } from './result-page.ts'

export interface Output {
  /** Relative to the repository's root. */
  readonly path: string
  readonly content: string
}

export function outputs(): Output[] {
  return [...jsonSchemas(), gpuStack(), readme(), resultPage()]
}
