import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Name of the image. */
    readonly toolboxImage: string
  }
}

/** Name of the toolbox image that this process has made of the sources as they are. */
export function toolboxImage(): string {
  return inject('toolboxImage')
}
