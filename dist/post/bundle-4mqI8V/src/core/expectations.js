/** Specs of the clauses that `expect` may hold, as the scenario file has them. Units stand in the names. */
export const EXPECTATION_KINDS = ['canary', 'request', 'log_gaps'];
