# shellcheck shell=bash
# Steps, notes and endings of script/bootstrap and script/test. All of it goes
# to stderr: stdout belongs to whoever called.

# Whom the lines are from; a script sets its own.
LOG_NAME=${LOG_NAME:-script}
# What a step may leave behind for its closing line.
export STEP_NOTE=''
# The exit code of an end that has already said why (sysexits: unavailable).
EXIT_EXPLAINED=69
# The terminal or log, also from inside commands whose output is redirected.
exec {STDERR_FD}>&2

note() {
  printf '%s:   %s\n' "$LOG_NAME" "$*" >&2
}

# Ends the script with one sentence that says what is missing and how to supply it.
die() {
  printf '%s: %s\n' "$LOG_NAME" "$*" >&"$STDERR_FD"
  exit "$EXIT_EXPLAINED"
}

# Microseconds; EPOCHREALTIME is written with the locale's decimal sign.
now_us() {
  printf '%s' "${EPOCHREALTIME//[!0-9]/}"
}

# Prints the time since now_us said $1, as "12.3 s".
since() {
  local us=$(($(now_us) - $1))
  printf '%d.%d s' $((us / 1000000)) $((us / 100000 % 10))
}

# step NAME COMMAND...: runs it, then prints "NAME ....... ok (0.1 s)  note".
step() {
  local name=$1 started
  shift
  started=$(now_us)
  STEP_NOTE=''
  CURRENT_STEP=$name
  "$@"
  CURRENT_STEP=''
  step_line "$name" ok "$started"
}

step_line() {
  local name=$1 outcome=$2 started=$3 dots='.............................................'
  printf '%s: %s %s %s (%s)%s\n' "$LOG_NAME" "$name" "${dots:${#name}}" "$outcome" \
    "$(since "$started")" "${STEP_NOTE:+  $STEP_NOTE}" >&2
}

# Runs a talkative command with its output in the log file; shows the end of it
# only when the command fails.
quiet() {
  local rc=0 from
  from=$(stat -c %s -- "$LOG_FILE")
  printf '+ %s\n' "$*" >>"$LOG_FILE"
  "$@" >>"$LOG_FILE" 2>&1 || rc=$?
  if ((rc != 0)); then
    tail -c "+$((from + 1))" -- "$LOG_FILE" | tail -n 25 | sed 's/^/    | /' >&2
  fi
  return "$rc"
}

# EXIT trap: an end that nobody explained still says where it happened.
explain_exit() {
  local rc=$?
  if ((rc != 0 && rc != EXIT_EXPLAINED)) && [[ -n ${CURRENT_STEP:-} ]]; then
    printf '%s: "%s" failed (exit %d); the whole output is in %s\n' \
      "$LOG_NAME" "$CURRENT_STEP" "$rc" "$LOG_FILE" >&2
  fi
}
