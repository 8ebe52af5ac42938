/** Repositories on disk, as act wants them: with a commit. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { putShop } from '../../support/shop.ts'
import { copyCheckout } from '../../../build/checkout-copy.ts'

export interface Repository {
  readonly path: string
  [Symbol.dispose](): void
}

const OURS = resolve(import.meta.dirname, '../../..')
const AUTHOR = ['-c', 'user.name=act', '-c', 'user.email=act@example.org', '-c', 'commit.gpgsign=false']

/** The action as its users have it, workflows included; no node_modules anywhere above. */
export function actionRepository(): Repository {
  const repository = folder()
  copyCheckout(OURS, repository.path)
  copyWorkflows(repository.path)
  return repository
}

/** A repository that has these workflow files, by name, and a shop (test/support/shop.ts); `ours`: beside those of this repository. */
export function callingRepository(workflows: Readonly<Record<string, string>>, options: { readonly ours: boolean }): Repository {
  const repository = folder()
  const { path } = repository
  putShop(path)
  if (options.ours) copyWorkflows(path)
  for (const [name, text] of Object.entries(workflows)) {
    const file = join(path, '.github', 'workflows', name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  for (const argv of [
    ['init', '--quiet', '--initial-branch=main'],
    ['add', '--all'],
    ['commit', '--quiet', '--message=all'],
  ])
    execFileSync('git', [...AUTHOR, ...argv], { cwd: path, timeout: 30_000 })
  return repository
}

function copyWorkflows(target: string): void {
  cpSync(join(OURS, '.github'), join(target, '.github'), { recursive: true })
}

function folder(): Repository {
  const path = mkdtempSync(join(tmpdir(), 'chaos-act-'))
  return {
    path,
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true })
    },
  }
}
