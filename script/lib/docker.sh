# shellcheck shell=bash
# Client, engine and plugins: found where they are, installed where missing,
# started where nobody else does.

MIN_ENGINE=26
MIN_COMPOSE=2.24
ENGINE_START_SECONDS=60

docker_client_version() {
  docker version --format '{{.Client.Version}}' 2>/dev/null
}

# Empty where no engine answers.
docker_server_version() {
  timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null
}

step_docker_client() {
  have docker || install_docker_packages
  have docker || die 'no docker client on PATH: install Docker Engine 26 or newer and put docker on PATH'
  local version
  # With no engine the command prints the client's version and still fails.
  version=$(docker_client_version) || [[ -n $version ]] ||
    die "$(command -v docker) does not run: install Docker Engine 26 or newer"
  STEP_NOTE="${version%%$'\n'*} at $(command -v docker)"
}

step_docker_engine() {
  local version
  if ! version=$(docker_server_version); then
    refuse_unless_local_engine
    dockerd_is_new_enough || install_docker_packages
    dockerd_is_new_enough || die "no Docker engine of version $MIN_ENGINE or newer (dockerd) here: install one"
    start_engine
    version=$(docker_server_version)
  fi
  # Upgrading a running engine would stop every container on it: not ours to do.
  version_at_least "$version" "$MIN_ENGINE" ||
    die "the Docker engine is $version, older than $MIN_ENGINE: upgrade it (or stop it and point DOCKER_HOST at a newer one)"
  STEP_NOTE="$version${STEP_NOTE:+, $STEP_NOTE}"
}

dockerd_is_new_enough() {
  local version
  have dockerd && version=$(dockerd --version) && version_at_least "${version#Docker version }" "$MIN_ENGINE"
}

# A remote engine, or one that only refuses us, is not helped by a second one.
refuse_unless_local_engine() {
  local context reason
  [[ -z ${DOCKER_HOST:-} ]] ||
    die "DOCKER_HOST is $DOCKER_HOST and no engine answers there: start it, or unset DOCKER_HOST"
  context=$(docker context show)
  [[ $context == default ]] ||
    die "no engine answers in the docker context \"$context\": start it, or 'docker context use default'"
  # The reason matters only when it fails once more.
  reason=$(timeout 10 docker version 2>&1 >/dev/null) && return 0
  [[ $reason != *'permission denied'* ]] ||
    die "the Docker socket refuses $(id -un): add the user to the docker group ('sudo usermod -aG docker $(id -un)', then log in again)"
  # Client and engine settle on the newest API version both know; these do not overlap.
  [[ $reason != *'API version'* ]] ||
    die "this docker client and engine share no API version (${reason##*$'\n'}): upgrade the older one"
}

# Only the parts that are missing: what is there is never replaced.
install_docker_packages() {
  have apt-get || die 'Docker is missing and this is no Debian or Ubuntu: install Docker Engine 26+, Compose 2.24+ and buildx'
  apt_update_once
  local wanted=()
  choose_docker_packages wanted || {
    apt_add_trixie && choose_docker_packages wanted
  } || die "this distribution's Docker is older than $MIN_ENGINE (or its Compose older than $MIN_COMPOSE): install Docker Engine, Compose and buildx from Docker's own packages"
  apt_install "${wanted[@]}"
}

choose_docker_packages() {
  local -n chosen=$1
  local package
  chosen=()
  if ! dockerd_is_new_enough; then
    package=$(apt_choose docker.io "$MIN_ENGINE") && chosen+=("$package") || return 1
  fi
  # Debian splits the client off; elsewhere it comes with the engine.
  if ! have docker && package=$(apt_choose docker-cli "$MIN_ENGINE"); then
    chosen+=("$package")
  fi
  if ! compose_is_new_enough; then
    package=$(apt_choose docker-compose-v2 "$MIN_COMPOSE" || apt_choose docker-compose "$MIN_COMPOSE") &&
      chosen+=("$package") || return 1
  fi
  if ! buildx_is_there; then
    package=$(apt_choose docker-buildx 0.10) && chosen+=("$package") || return 1
  fi
  ((${#chosen[@]} > 0))
}

start_engine() {
  local deadline=$((SECONDS + ENGINE_START_SECONDS))
  DOCKERD_PID=''
  if [[ -d /run/systemd/system ]]; then
    note 'starting the engine with systemctl'
    quiet as_root systemctl start docker ||
      die "systemctl could not start docker (its reason is above): 'systemctl status docker' says more"
  elif [[ $(</proc/1/comm) == init ]] && have service; then
    start_docker_service || start_dockerd_by_hand
  else
    start_dockerd_by_hand
  fi
  until docker_server_version >/dev/null; do
    if ! dockerd_may_still_come; then
      show_dockerd_log
      die 'dockerd ended right after its start: its last words are above'
    fi
    if ((SECONDS >= deadline)); then
      show_dockerd_log
      die "the Docker engine did not answer within $ENGINE_START_SECONDS s: look at its log (above, or with journalctl -u docker)"
    fi
    sleep 0.1
  done
  [[ -z $DOCKERD_PID ]] || forget_ended_connections_soon
  STEP_NOTE='started'
}

# The kernel remembers each ended connection for two minutes, and dockerd reads
# all that it remembers several times for each container that starts or ends:
# two fifths of its CPU time, as tests make a hundred connections a second.
forget_ended_connections_soon() {
  local timeout=/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait
  [[ ! -e $timeout ]] || as_root tee -- "$timeout" <<<10 >/dev/null
}

# Debian's init script raises ulimits and fails where the machine's hard limit is
# lower; dockerd itself lives with less.
start_docker_service() {
  note 'starting the engine with service'
  require_root service
  # In a subshell, because closing a file this way would outlast the command;
  # why they are closed: see start_dockerd_by_hand.
  (quiet as_root service docker start {LOCK_FD}>&- {STDERR_FD}>&-)
}

# A session of its own, so that it outlives this script and its terminal; it
# still ends with the machine's session, which is why every start comes by here.
start_dockerd_by_hand() {
  clear_stale_pid_file /var/run/docker.pid dockerd
  clear_stale_pid_file /var/run/docker/containerd/containerd.pid containerd
  local log=$CHAOS_CACHE/log/dockerd.log
  local -a root=()
  note "starting dockerd by hand, as no init system does (log: $log)"
  require_root dockerd
  if ((EUID != 0)); then
    # Asks for the password now: a program in the background could not.
    sudo --validate
    root=(sudo --)
  fi
  # Nothing is inherited: not bootstrap's lock, which would then be held for
  # ever, and not its stderr, on which a caller's pipe would wait. GOGC: a sixth
  # of its CPU time was garbage collection, for a heap of some 50 MB.
  "${root[@]}" setsid nohup env GOGC=400 dockerd </dev/null >>"$log" 2>&1 {LOCK_FD}>&- {STDERR_FD}>&- &
  DOCKERD_PID=$!
  disown
}

# False only when the one we started has ended and nobody else's is running:
# a broken configuration is then told at once, not at the deadline.
dockerd_may_still_come() {
  [[ -z $DOCKERD_PID || -e /proc/$DOCKERD_PID ]] ||
    [[ -r /var/run/docker.pid && -e /proc/$(</var/run/docker.pid) ]]
}

# After a hard end the files stay, their numbers are used again by other
# processes, and dockerd then believes that it (or its containerd) is running.
clear_stale_pid_file() {
  local file=$1 program=$2 pid
  [[ -r $file ]] || return 0
  pid=$(<"$file")
  if [[ ! -r /proc/$pid/comm || $(</proc/"$pid"/comm) != "$program" ]]; then
    as_root rm -f -- "$file"
  fi
}

show_dockerd_log() {
  [[ -r $CHAOS_CACHE/log/dockerd.log ]] || return 0
  tail -n 5 -- "$CHAOS_CACHE/log/dockerd.log" | sed 's/^/    | /' >&2
}

compose_version() {
  docker compose version --short 2>/dev/null
}

compose_is_new_enough() {
  local version
  version=$(compose_version) && version_at_least "$version" "$MIN_COMPOSE"
}

# Asked through the client: a plugin that this client does not find is missing.
step_docker_compose() {
  compose_is_new_enough || install_docker_packages
  compose_is_new_enough ||
    die "'docker compose' finds $(compose_version || printf 'no plugin'), and $MIN_COMPOSE or newer is needed: put docker-compose into ~/.docker/cli-plugins (or remove the old one there)"
  STEP_NOTE=$(compose_version)
}

buildx_is_there() {
  docker buildx version >/dev/null 2>&1
}

step_docker_buildx() {
  buildx_is_there || install_docker_packages
  buildx_is_there ||
    die "'docker buildx' finds no plugin: put docker-buildx into ~/.docker/cli-plugins"
  local version
  version=$(docker buildx version)
  version=${version#* }
  STEP_NOTE=${version%% *}
}
