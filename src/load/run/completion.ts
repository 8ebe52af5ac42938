/** Served answers against the jobs that the system says it has completed. Pure. */
import { ChaosError } from '../../core/errors.ts'
import type { CompletionFacts } from '../judge/judgement.ts'

/** Ids that wait for their other half: more than these mean that one side says nothing, or something else. */
const MOST_WAITING = 2_000_000
const EXAMPLES = 10

/** Each id is forgotten when both sides have named it, so that what is kept is what one of them has not said yet. */
export class Completion {
  private readonly claimed = new Set<string>()
  /** Since the last time that some were given up, and before that. */
  private completed = new Set<string>()
  private completedBefore = new Set<string>()
  private givenUp = 0
  private claims = 0
  private repeated = 0
  private readonly mostWaiting: number

  constructor(mostWaiting = MOST_WAITING) {
    this.mostWaiting = mostWaiting
  }

  /** An answer was served for this job. */
  claim(id: string): void {
    this.claims += 1
    if (this.completed.delete(id) || this.completedBefore.delete(id)) return
    if (this.claimed.has(id)) this.repeated += 1
    else this.add(this.claimed, id)
  }

  /** The system has completed this job. */
  complete(id: string): void {
    if (!this.claimed.delete(id)) this.add(this.completed, id)
  }

  /**
   * Jobs that were completed before this was called the last time, and that no answer has claimed since, are nobody's: a
   * script that tells no ids would have all of them kept to its end. Calls lie further apart than answers take.
   */
  giveUp(): void {
    this.givenUp += this.completedBefore.size
    this.completedBefore = this.completed
    this.completed = new Set()
  }

  /** How many claims wait for the system's word. */
  get waiting(): number {
    return this.claimed.size
  }

  facts(): CompletionFacts {
    return {
      served: this.claims,
      // One job cannot have been done for two answers.
      unknown: this.claimed.size + this.repeated,
      examples: firstOf(this.claimed, EXAMPLES),
      unclaimed: this.completed.size + this.completedBefore.size + this.givenUp,
    }
  }

  private add(ids: Set<string>, id: string): void {
    if (this.claimed.size + this.completed.size + this.completedBefore.size >= this.mostWaiting)
      throw new ChaosError(
        'LOAD_FAILED',
        `the ids of ${this.mostWaiting} jobs have no counterpart: served answers and completed jobs do not speak of the same`,
      )
    ids.add(id)
  }
}

function firstOf(ids: ReadonlySet<string>, count: number): string[] {
  const first: string[] = []
  for (const id of ids) {
    if (first.length === count) break
    first.push(id)
  }
  return first
}
