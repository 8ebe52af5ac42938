/** The code whose mistakes would be false verdicts or faults that stay: what mutants are made of. */

/** Globs relative to the repository; tests and fixtures are left out. */
export const SCOPE: readonly string[] = [
  'src/engine/**/*.ts',
  'src/core/{canary,json,statistics,verdict}.ts',
  'src/core/time/{moment,wait}.ts',
  'src/kinds/{define-clause,define-entry,define-fault,scenario,references}.ts',
  'src/faults/**/judge.ts',
  'src/faults/shared/{access,evidence,samples,seen-in-window}.ts',
  'src/faults/shared/containers/{container-events,pool-members,start-again,targets,uptime}.ts',
  'src/faults/connection-resets/moments.ts',
  'src/faults/crash/{extra-containers,victims}.ts',
  'src/faults/vram/{choice,gpu/find,simulated/filling,simulated/metrics}.ts',
  'src/faults/toxic/measures/{bandwidth,blackhole,held,latency,limit-data,refused,share,slicer,slow-close,transfers}.ts',
  // A spec is held against the published schema, and what it refuses is tried where files are read.
  'src/requests/**/!(registry|spec).ts',
  'src/clauses/**/!(registry|spec|spec-keys).ts',
  'src/load/plan/{held-curve,pattern-thresholds,threshold,threshold-grammar,threshold-reader}.ts',
  'src/load/judge/{breaking-point,generator-health,held,k6-agreement,k6-exit,limits,pattern,spike-recovery,stretch-figures}.ts',
  'src/load/{judge/window-limits,run/completion,series/metrics}.ts',
  'src/app/run/{calm-stretches,report-result}.ts',
]

/** What is no product code although it lies beside it. */
export const OUTSIDE: readonly string[] = ['**/*.test.ts', '**/*.fixture.ts', 'src/engine/rig/**']

/** Share of the mutants that tests must notice, percent, over all and in each folder. */
export const WANTED_PERCENT = 90
