/** Of a result that is read; a larger one is none of ours. */
export const MOST_RESULT_BYTES = 64 * 1024 * 1024
