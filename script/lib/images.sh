# shellcheck shell=bash
# The public images this project stands on. Where their registry answers they
# are pulled; where none does, the same images are built under the same names.

DEBIAN_IMAGE=debian:trixie-slim
NODE_IMAGE=node:24-trixie-slim
TOXIPROXY_IMAGE=ghcr.io/shopify/toxiproxy:2.12.0
K6_IMAGE=grafana/k6:2.2.0
OLDER_K6_IMAGE=grafana/k6:1.8.1
REGISTRY_ANSWER_SECONDS=3
PULL_SECONDS=600
# Registries that did not answer in this run: not asked again.
declare -A REGISTRY_SILENT=()

image_exists() {
  docker image inspect --format '{{.Id}}' -- "$1" >/dev/null 2>&1
}

# ensure_image NAME BUILD_FUNCTION PROBE...: present, else pulled, else built.
# A built one is run once: the probe's first line is what the step reports.
ensure_image() {
  local image=$1 build=$2 version
  shift 2
  if image_exists "$image"; then
    STEP_NOTE=present
    return 0
  fi
  if pull_image "$image"; then
    STEP_NOTE=pulled
    return 0
  fi
  "$build" "$image"
  version=$(docker run --rm --network none "$@") ||
    die "$image was built and does not run: 'docker run --rm $*' shows why"
  STEP_NOTE="built here, runs: ${version%%$'\n'*}"
}

registry_of() {
  case $1 in
    *.*/*) printf '%s' "${1%%/*}" ;;
    *) printf 'docker.io' ;;
  esac
}

# The engine does the asking (it knows its mirrors and proxies). Its first line
# comes with the manifest: no line in time means no registry; with it, the
# download may take as long as downloads take.
pull_image() {
  local image=$1 registry out pid reason='' rc=0
  registry=$(registry_of "$image")
  [[ -z ${REGISTRY_SILENT[$registry]:-} ]] || return 1
  out=$(mktemp -- "$CHAOS_CACHE/tmp/pull.XXXXXX") # mktemp puts letters for the Xs
  timeout "$PULL_SECONDS" docker pull -- "$image" >"$out" 2>&1 &
  pid=$!
  if ! registry_answers "$pid" "$out"; then
    reason="no answer in $REGISTRY_ANSWER_SECONDS s"
    kill -- "$pid"
  fi
  wait "$pid" || rc=$?
  if ((rc != 0)); then
    REGISTRY_SILENT[$registry]=1
    note "$registry gives no $image (${reason:-$(tail -n 1 -- "$out")}): building it here"
  fi
  rm -f -- "$out"
  return "$rc"
}

# Returns when the pull has ended or has begun to download; fails at the deadline.
registry_answers() {
  local pid=$1 out=$2 deadline=$(($(now_us) + REGISTRY_ANSWER_SECONDS * 1000000))
  while [[ -e /proc/$pid ]]; do
    ! grep -q 'Pulling from' -- "$out" || return 0
    (($(now_us) < deadline)) || return 1
    sleep 0.05
  done
}

# A scratch directory on disk (never /tmp, which may be memory), gone at the end.
scratch_dir() {
  mktemp -d -- "$CHAOS_CACHE/tmp/build.XXXXXX" # mktemp puts letters for the Xs
}

# The network is off: nothing in these Dockerfiles needs it, and inside a build
# on a closed machine HTTPS would fail anyway.
build_image() {
  local image=$1 context=$2
  shift 2
  quiet docker build --network none --provenance=false --tag "$image" "$@" -- "$context" ||
    die "docker could not build $image: its reason is above, all of it in $LOG_FILE"
}

step_debian_image() {
  ensure_image "$DEBIAN_IMAGE" build_debian_image "$DEBIAN_IMAGE" cat /etc/debian_version
}

build_debian_image() {
  local image=$1 mirror root
  mirror=$(debian_mirror)
  if ! have debootstrap; then
    have apt-get || die "no registry answers and debootstrap is missing: install debootstrap, or load $image with 'docker load'"
    apt_update_once
    apt_install debootstrap
  fi
  root=$(scratch_dir)/root
  note "making $image with debootstrap (about half a minute)"
  # A mount namespace of its own: whatever debootstrap mounts is gone with it.
  quiet as_root unshare --mount -- debootstrap --variant=minbase trixie "$root" "$mirror" ||
    die "debootstrap could not make $image from $mirror (its reason is above): set DEBIAN_MIRROR to a mirror that answers, or load the image with 'docker load'"
  quiet as_root "$CHAOS_ROOT/script/images/debian/slim" "$root" "$mirror" "$(debian_security_mirror)"
  as_root tar -C "$root" --numeric-owner --one-file-system -c . |
    quiet docker import --change 'CMD ["bash"]' - "$image"
  as_root rm -rf --one-file-system -- "${root%/root}"
}

# Where this machine's own Debian comes from; another distribution says it.
debian_mirror() {
  local suite uri
  for suite in trixie bookworm; do
    uri=${DEBIAN_MIRROR:-$(apt_uri_of "$suite")}
    if [[ -n $uri ]]; then
      printf '%s' "$uri"
      return 0
    fi
  done
  die 'no registry answers and this machine has no Debian mirror: set DEBIAN_MIRROR to the address of one'
}

# May be empty: some closed networks mirror the main archive only.
debian_security_mirror() {
  local suite uri
  for suite in trixie-security bookworm-security; do
    uri=$(apt_uri_of "$suite")
    if [[ -n $uri ]]; then
      printf '%s' "$uri"
      return 0
    fi
  done
}

step_node_image() {
  ensure_image "$NODE_IMAGE" build_node_image "$NODE_IMAGE" --version
}

build_node_image() {
  local image=$1 context
  fetch_node
  context=$(scratch_dir)
  # Hard links do not cross into a build context on another file system: copy.
  cp -- "$CHAOS_NODE_BIN/node" "$CHAOS_ROOT/script/images/node/docker-entrypoint.sh" "$context"
  build_image "$image" "$context" --file "$CHAOS_ROOT/script/images/node/Dockerfile" \
    --build-arg "NODE_VERSION=$(chaos_pinned_node_version)"
  rm -rf -- "$context"
}

step_toxiproxy_image() {
  ensure_image "$TOXIPROXY_IMAGE" build_toxiproxy_image "$TOXIPROXY_IMAGE" -version
}

build_toxiproxy_image() {
  local image=$1 context version package=github.com/Shopify/toxiproxy/v2
  version=${image##*:}
  context=$(scratch_dir)
  note "building $image from source"
  # The version is what the real one answers at /version.
  go_build toxiproxy "$context/toxiproxy" "$package/cmd/server" "-X $package.Version=$version"
  go_build toxiproxy "$context/toxiproxy-cli" "$package/cmd/cli" "-X $package.Version=$version"
  build_image "$image" "$context" --file "$CHAOS_ROOT/script/images/toxiproxy/Dockerfile"
  docker run --rm --network none --entrypoint /toxiproxy-cli -- "$image" --version >/dev/null
  rm -rf -- "$context"
}

step_k6_image() {
  ensure_image "$K6_IMAGE" build_k6_image "$K6_IMAGE" version
}

step_older_k6_image() {
  ensure_image "$OLDER_K6_IMAGE" build_older_k6_image "$OLDER_K6_IMAGE" version
}

build_k6_image() {
  build_k6_of k6 go.k6.io/k6/v2 "$1"
}

build_older_k6_image() {
  build_k6_of k6-1 go.k6.io/k6 "$1"
}

# build_k6_of MODULE PACKAGE IMAGE
build_k6_of() {
  local module=$1 package=$2 image=$3 context
  context=$(scratch_dir)
  note "building $image from source (about a minute)"
  go_build "$module" "$context/k6" "$package"
  build_image "$image" "$context" --file "$CHAOS_ROOT/script/images/k6/Dockerfile"
  rm -rf -- "$context"
}

# go_build MODULE OUTPUT PACKAGE [LDFLAGS]: exactly what the module's go.sum
# pins (-mod=readonly), static (the images have no libc to offer).
go_build() {
  local module=$1 output=$2 package=$3 ldflags=${4:-}
  require_go "$CHAOS_ROOT/script/images/$module/go.mod"
  quiet env CGO_ENABLED=0 GOWORK=off go build -C "$CHAOS_ROOT/script/images/$module" \
    -mod=readonly -trimpath -buildvcs=false -ldflags "-s -w $ldflags" -o "$output" "$package" ||
    die "Go could not build $package (its reason is above): name a module proxy that answers in GOPROXY, or load the image with 'docker load'"
}

require_go() {
  local minimum version=''
  minimum=$(awk '$1 == "go" { print $2 }' "$1")
  if ! have go && have apt-get; then
    apt_update_once
    local package
    if package=$(apt_choose golang-go "$minimum"); then
      apt_install "$package"
    fi
  fi
  ! have go || version=$(cd / && go env GOVERSION)
  if ! version_at_least "${version#go}" "$minimum"; then
    # An older one may still fetch the toolchain that the module asks for.
    [[ -n $version && $(go env GOTOOLCHAIN) != local ]] ||
      die "no container registry answers and building needs Go $minimum or newer (found ${version:-none}): put it on PATH, or load the image with 'docker load'"
  fi
}
