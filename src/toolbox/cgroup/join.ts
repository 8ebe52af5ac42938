/** How a child gets into the target's cgroup before it does any work. */

/**
 * `echo 0` moves the writing process itself, in both versions, and what it then becomes was never elsewhere. Folders and
 * program are arguments: nothing of them is read as shell.
 */
const SCRIPT = 'while [ "$1" != -- ]; do echo 0 > "$1/cgroup.procs" || exit 125; shift; done; shift; exec "$@"'

/** Exit code of a child that could not join. */
export const COULD_NOT_JOIN = 125

/** `file` and `argv` of a program that joins the cgroup folders and becomes `program`. */
export function joining(folders: readonly string[], program: readonly string[]): { file: string; argv: string[] } {
  return { file: 'sh', argv: ['-c', SCRIPT, 'join-cgroup', ...folders, '--', ...program] }
}
