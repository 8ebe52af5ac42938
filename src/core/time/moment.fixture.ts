/** Moments as tests write them down. */
export { monoAt as mono, wallAt as wall } from './moment.ts'
