# shellcheck shell=bash
# Programs that lint and run workflow files, at versions of our choice and in our
# own cache. Nothing of the system is touched. Needs env.sh, log.sh and system.sh.

ACTIONLINT_VERSION=1.7.12
ACT_VERSION=0.2.89
ZIZMOR_REQUIREMENTS=$CHAOS_ROOT/script/lib/zizmor-requirements.txt
ZIZMOR_VERSION=$(sed -n 's/^zizmor==\([0-9.]*\).*/\1/p' "$ZIZMOR_REQUIREMENTS")

TOOLS=$CHAOS_CACHE/tools
ACTIONLINT=$TOOLS/actionlint-$ACTIONLINT_VERSION/actionlint
ACT=$TOOLS/act-$ACT_VERSION/act
ZIZMOR=$TOOLS/zizmor-$ZIZMOR_VERSION/bin/zizmor

# One installation at a time: two would move their directories over each other.
lock_tools() {
  mkdir -p -- "$TOOLS"
  exec {TOOLS_LOCK_FD}>"$TOOLS/lock"
  if ! flock --nonblock "$TOOLS_LOCK_FD"; then
    note 'waiting for another installation of tools to finish'
    flock "$TOOLS_LOCK_FD"
  fi
  # What an interrupted one left behind.
  rm -rf -- "$TOOLS"/new.*
}

unlock_tools() {
  exec {TOOLS_LOCK_FD}>&-
}

step_actionlint() {
  ensure_go_tool "$ACTIONLINT" github.com/rhysd/actionlint/cmd/actionlint "$ACTIONLINT_VERSION"
}

step_act() {
  ensure_go_tool "$ACT" github.com/nektos/act "$ACT_VERSION"
}

# ensure_go_tool PROGRAM PACKAGE VERSION: its module is checked against Go's
# checksum database; what it was built from stands in the program itself.
ensure_go_tool() {
  local program=$1 package=$2 version=$3 staging
  if [[ -x $program ]]; then
    STEP_NOTE='present'
    return 0
  fi
  have go || die "building ${program##*/} $version needs Go: put a Go of this year or the last on PATH"
  staging=$(mktemp -d -- "$TOOLS/new.XXXXXX") # mktemp puts letters for the Xs
  note "building ${program##*/} $version with go install (about a minute)"
  # From outside any module: one of ours, or a workspace, would choose other versions.
  quiet env -C / CGO_ENABLED=0 GOWORK=off GOBIN="$staging" go install -trimpath -ldflags '-s -w' "$package@v$version" ||
    die "Go could not build ${program##*/} (its reason is above): name a module proxy that answers in GOPROXY, or a newer Go on PATH"
  install_tool "$staging" "${program%/*}"
  STEP_NOTE='built'
}

step_zizmor() {
  if [[ -x $ZIZMOR ]]; then
    STEP_NOTE='present'
    return 0
  fi
  have python3 || die 'zizmor comes as a Python package: put python3 on PATH'
  local staging
  staging=$(mktemp -d -- "$TOOLS/new.XXXXXX") # mktemp puts letters for the Xs
  note "installing zizmor $ZIZMOR_VERSION from PyPI"
  quiet python3 -m venv "$staging" ||
    die "python3 could not make a virtual environment (its reason is above): on Debian, 'apt-get install python3-venv'"
  quiet "$staging/bin/python" -m pip install --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --requirement "$ZIZMOR_REQUIREMENTS" ||
    die "pip could not install zizmor $ZIZMOR_VERSION (its reason is above): name an index that answers in PIP_INDEX_URL"
  # The program itself is native and does not mind the move.
  install_tool "$staging" "${ZIZMOR%/bin/*}"
  STEP_NOTE='installed'
}

# Moved when whole: an interrupted installation never looks like a finished one.
install_tool() {
  rm -rf -- "$2"
  mv -- "$1" "$2"
  chmod 0755 -- "$2"
}
