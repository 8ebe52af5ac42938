export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What happens during a run, as it happens. Reporters see these; none of them decides anything. */
export type RunEvent =
  | {
      readonly type: 'run-started'
      readonly runId: string
      readonly plannedMs: number
      readonly scenarios: number
      /** null when nothing was left to chance. */
      readonly seed: number | null
      readonly profile: string
      readonly stack: string
    }
  | { readonly type: 'step-started'; readonly step: string }
  | { readonly type: 'step-ended'; readonly step: string; readonly durationMs: number }
  | {
      readonly type: 'scenario-started'
      readonly id: string
      readonly name: string
      readonly index: number
      readonly total: number
      readonly plannedMs: number
      readonly leftMs: number
    }
  | { readonly type: 'phase-started'; readonly id: string; readonly phase: string }
  | {
      readonly type: 'scenario-ended'
      readonly id: string
      readonly verdict: string
      readonly summary: string
      readonly durationMs: number
      readonly leftMs: number
    }
  /** Once a second while a load pattern runs: its last five seconds. */
  | {
      readonly type: 'load-live'
      readonly id: string
      readonly users: number | null
      readonly requestsPerSecond: number
      /** 0…1. */
      readonly errorRate: number
      readonly p95Ms: number | null
      /** All that were not served so far. */
      readonly errors: number
      readonly leftMs: number
    }
  | { readonly type: 'log'; readonly level: LogLevel; readonly text: string }
  | { readonly type: 'run-ended'; readonly verdict: string; readonly durationMs: number }
