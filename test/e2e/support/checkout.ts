import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { copyCheckout } from '../../../build/checkout-copy.ts'

/** The action as a user's runner has it: in a folder of its own, no node_modules anywhere above. Removed on dispose. */
export function actionCheckout(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'chaos-e2e-'))
  copyCheckout(resolve(import.meta.dirname, '../../..'), path)
  return {
    path,
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true })
    },
  }
}
