export const HIVE_POLICY = {
    registrationLimitMs: 3_000,
    deadAfterMs: 2_000,
    failedListedMs: 60_000,
    stopLimitMs: 3_000,
    workerWaitMs: 3_000,
    maxRuns: 4,
    maxOpenJobs: 8_192,
    keepFinishedMs: 15_000,
    keepFinishedBytes: 32 * 1024 * 1024,
};
