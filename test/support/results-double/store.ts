/** What the results service remembers: artifacts of runs, and the blobs that hold them. */
import { createHash, randomBytes } from 'node:crypto'

export interface Blob {
  /** Whoever has the URL with it may read and write. */
  readonly signature: string
  readonly blocks: Map<string, Buffer>
  /** null until it is committed. */
  content: Buffer | null
  contentType: string
}

export interface StoredArtifact {
  readonly id: number
  /** Of the whole workflow run: names are unique within it. */
  readonly runId: string
  readonly jobId: string
  readonly name: string
  readonly mimeType: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly blob: Blob
  /** Until then it is in no list. */
  isFinal: boolean
  isExpired: boolean
}

export interface NewArtifact {
  readonly runId: string
  readonly jobId: string
  readonly name: string
  readonly mimeType: string
  readonly expiresAt?: Date
}

const DAY_MS = 86_400_000

export class ResultsStore {
  private readonly byId = new Map<number, StoredArtifact>()
  private lastId = 1_000

  /** null when the run has one of that name. */
  create(artifact: NewArtifact): StoredArtifact | null {
    if (this.find(artifact.runId, artifact.name) !== undefined) return null
    this.lastId += 1
    const blob = { signature: randomBytes(24).toString('base64url'), blocks: new Map(), content: null, contentType: '' }
    const createdAt = new Date()
    const expiresAt = artifact.expiresAt ?? new Date(createdAt.getTime() + 90 * DAY_MS)
    const stored = { ...artifact, id: this.lastId, createdAt, expiresAt, blob, isFinal: false, isExpired: false }
    this.byId.set(stored.id, stored)
    return stored
  }

  find(runId: string, name: string): StoredArtifact | undefined {
    return [...this.byId.values()].find((one) => one.runId === runId && one.name === name)
  }

  get(id: number): StoredArtifact | undefined {
    return this.byId.get(id)
  }

  delete(id: number): void {
    this.byId.delete(id)
  }

  /** Final ones, the newest first, as GitHub lists them. */
  ofRun(runId: string): StoredArtifact[] {
    return [...this.byId.values()].filter((one) => one.runId === runId && one.isFinal).reverse()
  }
}

export function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
