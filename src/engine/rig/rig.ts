/** The whole engine in memory: what a test changes is what goes otherwise than well. */
import type { HeldLoad } from '../../ports/held-load.ts'
import type { ScenarioResult } from '../../core/result/scenario.ts'
import { seededRandom } from '../../core/random.ts'
import type { RunEvent } from '../../core/run-event.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import type { RunDeps } from '../deps.ts'
import type { EngineOptions } from '../options.ts'
import { Handout, type Ran } from '../run.ts'
import { fakeFault, request, requestOf, type FakeFault, type FakeRequest } from './fake-fault.ts'
import { clause, expectationOf, fakeClause, type FakeAsk, type FakeClause } from './fake-clause.ts'
import { fakeCanary } from './fake-canary.ts'
import { fakeStack, type StackCourses } from './fake-stack.ts'
import { World, type Course, type Plan } from './world.ts'

/** Asks for faults and clauses by their kinds. */
export type FakeScenario = Partial<Omit<Scenario, 'faults' | 'expect'>> & {
  readonly faults?: readonly FakeRequest[]
  readonly expect?: readonly FakeAsk[]
}

export interface RigOptions {
  readonly faults?: (world: World) => readonly FakeFault[]
  readonly clauses?: (world: World) => readonly FakeClause[]
  readonly stacks?: readonly Partial<StackCourses>[]
  readonly scenarios?: readonly FakeScenario[]
  readonly ledger?: Course
  readonly artifacts?: Course
  readonly load?: HeldLoad | null
  readonly askedOfLoad?: readonly FakeAsk[]
  readonly options?: Partial<EngineOptions>
}

export class Rig {
  readonly world = new World()
  readonly events: RunEvent[] = []
  readonly logged: string[] = []
  readonly written = new Map<string, string>()
  /** Plans that the ledger holds open, in the order of their numbers. */
  readonly open = new Map<number, string>()
  readonly aborter = new AbortController()
  readonly given: RigOptions
  /** Called for each event of the run, as it comes. */
  onEvent: (event: RunEvent) => void = () => undefined

  constructor(given: RigOptions = {}) {
    this.given = given
  }

  /** Runs all scenarios to their end. */
  async run(): Promise<Ran> {
    const { world, given } = this
    const stacks = (given.stacks ?? [{}]).map((courses, index) => fakeStack(world, { number: index + 1, ...courses }))
    const faults = given.faults?.(world) ?? [fakeFault(world, 'cut')]
    const clauses = given.clauses?.(world) ?? [fakeClause(world, 'answers')]
    const scenarios = (given.scenarios ?? [{}]).map(
      ({ faults: broken = [request('cut', 'back')], expect: asked = [clause('answers')], ...changes }, index) =>
        scenario({
          ...{ id: `X-${index + 1}`, faults: broken.map((one) => requestOf(faults, one)) },
          ...{ expect: asked.map((one) => expectationOf(clauses, one)), ...changes },
        }),
    )
    const ran = new Handout(this.deps(clauses), stacks, options(given.options), scenarios, this.aborter.signal).run()
    return world.clock.until(ran)
  }

  /** The result of the only scenario, or of the first. */
  async result(): Promise<ScenarioResult> {
    const [result] = (await this.run()).results
    if (result === undefined) throw new Error('there is no result')
    return result
  }

  /** Cancels when the event comes, `afterMs` later. */
  cancelAt(isMoment: (event: RunEvent) => boolean, afterMs = 0): void {
    const cancel = (): void => {
      this.aborter.abort(new Error('cancelled by the test'))
    }
    this.onEvent = (event) => {
      if (!isMoment(event)) return
      if (afterMs === 0) cancel()
      else void this.world.clock.sleep(afterMs).then(cancel)
    }
  }

  /** What of the journal begins so. */
  noted(...beginnings: string[]): string[] {
    return this.world.journal.filter((line) => beginnings.some((beginning) => line.startsWith(beginning)))
  }

  private deps(clauses: readonly FakeClause[]): RunDeps {
    const { world, given } = this
    let entry = 0
    const { signal } = new AbortController()
    return {
      clock: world.clock,
      random: seededRandom(1),
      log: { log: (level, text) => void this.logged.push(`${level}: ${text}`) },
      emit: (event) => {
        this.events.push(event)
        this.onEvent(event)
      },
      ledger: {
        append: ({ kind, plan }) =>
          world.step(
            `ledger: ${kind} on ${(plan as Plan).target}`,
            given.ledger ?? 'well',
            signal,
            () => {
              entry += 1
              this.open.set(entry, (plan as Plan).target)
              return entry
            },
            0,
          ),
        close: (closed) => {
          world.note(`ledger closes ${String(this.open.get(closed))}`)
          this.open.delete(closed)
          return Promise.resolve()
        },
      },
      canary: fakeCanary(world),
      load: given.load ?? null,
      askedOfLoad: () => (given.askedOfLoad ?? []).map((one) => expectationOf(clauses, one)),
      artifacts: {
        write: (path, text) =>
          world.step(`write ${path}`, given.artifacts ?? 'well', signal, () => (this.written.set(path, text), path), path),
        writeBytes: () => Promise.reject(new Error('not for the engine')),
      },
      runId: 'r1',
      lag: () => {
        world.lagMeters += 1
        return { p99Ms: () => world.lagP99Ms, stop: () => void (world.lagMeters -= 1) }
      },
    }
  }
}

export function scenario(changes: Partial<Scenario> = {}): Scenario {
  return {
    ...{ id: 'X-1', name: 'the back is cut off', suite: 'chaos', expectedBehavior: 'answers say so' },
    ...{ faults: [], expect: [], durationSeconds: 6, profileSeconds: {} },
    ...{
      recoveryLimitSeconds: null,
      control: null,
      mayDie: [],
      exclusive: false,
      freshStack: false,
      mayBeUnused: false,
      source: { file: 'x.json', line: 3 },
    },
    ...changes,
  }
}

function options(changes: Partial<EngineOptions> = {}): EngineOptions {
  return {
    ...{ profile: 'quick', noInject: false, pace: 1, keepStacks: false, after: { count: 0, plannedMs: 0 } },
    confirm: false,
    repeatCommand: (id) => `again ${id}`,
    ...changes,
  }
}
