# shellcheck shell=bash
# Node itself, and the packages of this checkout.

step_node() {
  if ! chaos_node_is_new_enough; then
    fetch_node
    chaos_node_is_new_enough ||
      die "the fetched Node does not run on this machine ($(uname -sm)): put Node $CHAOS_NODE_MAJOR or newer on PATH"
  fi
  STEP_NOTE="$(node --version) at $(command -v node)"
}

# The npm package `node` is a script that calls npm again for the package of the
# platform. Taken directly, that one is pinned by checksum and runs no script.
fetch_node() {
  [[ ! -x $CHAOS_NODE_BIN/node ]] || return 0
  have npm ||
    die "Node $CHAOS_NODE_MAJOR is missing and so is npm to fetch it: put Node $CHAOS_NODE_MAJOR or newer (with npm) on PATH"
  local staging
  staging=$(mktemp -d -- "$CHAOS_CACHE/tmp/node.XXXXXX") # mktemp puts letters for the Xs
  note "fetching Node $(chaos_pinned_node_version) from npm into $CHAOS_NODE_DIR"
  cp -- "$CHAOS_ROOT"/script/images/node/{package.json,package-lock.json,.npmrc} "$staging"
  quiet npm ci --ignore-scripts --prefix "$staging" ||
    die "npm could not fetch Node $(chaos_pinned_node_version): put Node $CHAOS_NODE_MAJOR or newer on PATH"
  # Moved when whole: an interrupted download never looks like a finished one.
  mkdir -p -- "${CHAOS_NODE_DIR%/*}"
  rm -rf -- "$CHAOS_NODE_DIR"
  mv -- "$staging" "$CHAOS_NODE_DIR"
  hash -r
}

# node_modules is current when it was installed from this very lock file.
step_npm_packages() {
  local stamp=node_modules/.chaos-lock-sha sum
  [[ -f package-lock.json ]] ||
    die 'package-lock.json is missing: check out the whole repository (or run npm install once and commit it)'
  sum=$(sha256sum package-lock.json)
  sum=${sum%% *}
  if [[ -f $stamp && $(<"$stamp") == "$sum" ]]; then
    STEP_NOTE='current'
    return 0
  fi
  have npm || die "npm is missing: put Node $CHAOS_NODE_MAJOR or newer with npm on PATH"
  note 'installing with npm ci'
  # The lock file pins every package by its hash: what the cache has need not be asked for again, which is half of the time.
  quiet npm ci --prefer-offline || die "npm ci failed: its reason is above, all of it in $LOG_FILE"
  printf '%s\n' "$sum" >"$stamp"
  STEP_NOTE='installed'
}
