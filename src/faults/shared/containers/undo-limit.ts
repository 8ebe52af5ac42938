/**
 * How long one step of an undo may take: less than the engine gives the whole, so that the error names the step, and more than
 * a busy machine takes to stop a helper. After a cancel the engine's signal ends it sooner.
 */
export const UNDO_STEP_LIMIT_MS = 20_000
