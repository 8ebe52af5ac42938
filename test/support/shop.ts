/** A user's own stack, of two containers: for tests that need a run, and no particular stack. */
import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Its one scenario: a full disk. */
export const SHOP_ID = 'SHOP-001'
export const SHOP_SERVICES = ['till', 'window']
/** The descriptor, as seen from where `putShop` put it. */
export const SHOP_STACK = 'shop/stack.json'

const FOLDER = resolve(import.meta.dirname, '../fixtures/stacks/shop')
/** The descriptor where it is in this repository. */
export const SHOP_HERE = join(FOLDER, 'stack.json')

export function putShop(folder: string): void {
  cpSync(FOLDER, join(folder, 'shop'), { recursive: true })
}
