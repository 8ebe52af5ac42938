/** The double in a test file: a fresh one for each test, which fails when a request or a reply was not as GitHub has it. */
import { afterEach, beforeEach } from 'vitest'
import { startGithubDouble, type GithubDouble, type GithubDoubleOptions } from './github-double.ts'

export function githubDouble(options: GithubDoubleOptions = {}): () => GithubDouble {
  let double: GithubDouble | null = null
  beforeEach(async () => {
    double = await startGithubDouble(options)
  })
  afterEach(async () => {
    await double?.close()
    double = null
  })
  return () => {
    if (double === null) throw new Error('the double lives in tests only')
    return double
  }
}
