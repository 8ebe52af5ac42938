export const RESULT_SCHEMA_VERSION = 1;
export const VERDICTS = ['passed', 'failed', 'error', 'inconclusive', 'skipped'];
export const SUITES = ['chaos', 'stress', 'load'];
export const PROFILES = ['smoke', 'quick', 'full'];
