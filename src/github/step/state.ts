/** What crosses from main to post. Nothing secret: the runner shows it in debug logs. */
import { getState, saveState } from '@actions/core'
import { ChaosError } from '../../core/errors.ts'
import type { OpenReporting } from '../run-reporting.ts'

export interface PostState {
  readonly runId: string
  readonly stateDir: string
  /** Absolute: where logs of a run go that main could not collect. */
  readonly outDir: string
}

/** Saved before the run starts: after a SIGKILL it is all that post has. */
export function savePostState(state: PostState): void {
  saveState('run-id', state.runId)
  saveState('state-dir', state.stateDir)
  saveState('out-dir', state.outDir)
}

/** null when main ended before it had anything to clean up. @throws INTERNAL for half a state. */
export function loadPostState(): PostState | null {
  const [runId, stateDir, outDir] = [getState('run-id'), getState('state-dir'), getState('out-dir')]
  if (runId === '' && stateDir === '' && outDir === '') return null
  if (!/^[\w-]{1,64}$/.test(runId) || stateDir === '' || outDir === '')
    throw new ChaosError(
      'INTERNAL',
      `the state from main is damaged: run-id "${runId.slice(0, 80)}", state-dir "${stateDir.slice(0, 200)}", out-dir "${outDir.slice(0, 200)}"`,
    )
  return { runId, stateDir, outDir }
}

/** What a comment and a check run say is still to be put right, until main says otherwise. */
export function saveOpenReporting(open: OpenReporting): void {
  saveState('reporting', JSON.stringify(open))
}

export function saveReported(): void {
  saveState('reporting', '')
}

/** null when nothing is left to be said. @throws INTERNAL for what main cannot have saved. */
export function loadOpenReporting(): OpenReporting | null {
  const text = getState('reporting')
  if (text === '') return null
  const match = /^\{"comment":(true|false),"checkId":(null|[1-9]\d{0,14})\}$/.exec(text)
  if (match === null) throw new ChaosError('INTERNAL', `the state from main is damaged: reporting "${text.slice(0, 200)}"`)
  return { comment: match[1] === 'true', checkId: match[2] === 'null' ? null : Number(match[2]) }
}
