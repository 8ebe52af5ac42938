/** Of a command that could not do what it was asked. */
export const USAGE_EXIT_CODE = 2
