# shellcheck shell=bash
# What the operating system offers: root, versions, and Debian's packages.

have() {
  command -v -- "$1" >/dev/null 2>&1
}

# version_at_least 26.1.5 26: dotted numbers, anything after them ignored.
version_at_least() {
  local -a found want
  local i
  [[ ${1#v} =~ ^[0-9]+(\.[0-9]+)* ]] || return 1
  IFS=. read -r -a found <<<"${BASH_REMATCH[0]}"
  IFS=. read -r -a want <<<"$2"
  for i in "${!want[@]}"; do
    ((10#${found[i]:-0} == 10#${want[i]})) || break
  done
  ((10#${found[i]:-0} >= 10#${want[i]}))
}

# Ends with the sentence where a command (named by $1) could not run as root.
require_root() {
  ((EUID != 0)) || return 0
  have sudo || die "$1 needs root: run script/bootstrap as root once, or install sudo"
  # Asks for a password only where someone can type it.
  sudo -n true 2>/dev/null || [[ -t 0 ]] ||
    die "$1 needs root and sudo asks for a password: run script/bootstrap on a terminal once"
}

as_root() {
  require_root "$1"
  if ((EUID == 0)); then
    "$@"
  else
    sudo -- "$@"
  fi
}

distribution_is() {
  local ID='' VERSION_CODENAME=''
  [[ -r /etc/os-release ]] || return 1
  # shellcheck disable=SC1091 # the machine's own file
  . /etc/os-release
  [[ $1 == "$ID" && ${2:-$VERSION_CODENAME} == "$VERSION_CODENAME" ]]
}

# The address of the archive that this machine uses for the given suite; apt
# itself reads both formats of its sources for us.
apt_uri_of() {
  have apt-get || return 1
  apt-get indextargets --format "\$(RELEASE) \$(REPO_URI)" 'Created-By: Packages' |
    awk -v suite="$1" '$1 == suite && !seen++ { print $2 }'
}

# The signing key that this machine's *.sources name for the given suite (empty
# where apt's own key store is used).
apt_key_of() {
  local files=(/etc/apt/sources.list.d/*.sources)
  [[ -e ${files[0]} ]] || return 0
  awk -v RS= -v suite="$1" '
    {
      key = ""; wanted = 0
      count = split($0, lines, "\n")
      for (i = 1; i <= count; i++) {
        if (lines[i] ~ /^Suites:/ && (lines[i] " ") ~ ("[ \t]" suite "[ \t]")) wanted = 1
        if (lines[i] ~ /^Signed-By:[ \t]*\//) { key = lines[i]; sub(/^Signed-By:[ \t]*/, "", key) }
      }
      if (wanted && key != "") { print key; exit }
    }' "${files[@]}"
}

# apt_version PACKAGE [SUITE]: the version apt would install (from that suite).
apt_version() {
  if (($# == 1)); then
    apt-cache policy -- "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
  else
    apt-cache madison -- "$1" | awk -F' *[|] *' -v suite="$2" '$3 ~ (" " suite "/") && !seen++ { print $2 }'
  fi
}

# Package lists are often missing in containers and old on machines; once a run.
apt_update_once() {
  [[ -z ${APT_UPDATED:-} ]] || return 0
  note 'refreshing the package lists (apt-get update)'
  quiet as_root apt-get update || die "apt-get update failed: repair the sources in /etc/apt, then run script/bootstrap again"
  APT_UPDATED=1
}

# Debian 12 has neither a Docker nor a Compose that is new enough; the next
# release has. Priority 100 keeps every package that nobody asks for by name
# where it is.
apt_add_trixie() {
  distribution_is debian bookworm || return 1
  [[ ! -e /etc/apt/sources.list.d/chaos-action-trixie.sources ]] || return 0
  local uri key
  uri=$(apt_uri_of bookworm)
  key=$(apt_key_of bookworm)
  [[ -n $uri ]] || die 'no source for bookworm in /etc/apt: add one, then run script/bootstrap again'
  note 'adding the source of Debian 13 (trixie), pinned at priority 100'
  printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' |
    as_root tee /etc/apt/preferences.d/chaos-action-trixie >/dev/null
  {
    printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\n' "$uri"
    [[ -z $key ]] || printf 'Signed-By: %s\n' "$key"
  } | as_root tee /etc/apt/sources.list.d/chaos-action-trixie.sources >/dev/null
  APT_UPDATED=''
  apt_update_once
}

# apt_choose PACKAGE MINIMUM: prints what to ask apt for ("name" or
# "name/trixie"), fails where the distribution has nothing new enough.
apt_choose() {
  local package=$1 minimum=$2 version
  version=$(apt_version "$package")
  if [[ -n $version ]] && version_at_least "${version#*:}" "$minimum"; then
    printf '%s' "$package"
    return 0
  fi
  version=$(apt_version "$package" trixie)
  [[ -n $version ]] && version_at_least "${version#*:}" "$minimum" && printf '%s/trixie' "$package"
}

# apt_install PACKAGE[/SUITE]...: shows what would change beyond new packages
# and asks where someone can answer.
apt_install() {
  local plan upgrades removals
  local -a options=(--no-install-recommends)
  # "name/trixie" takes from the newer release that package and only what it
  # cannot do without; where apt finds no such mixture, the release as a whole
  # is preferred for this one call.
  if ! plan=$(apt-get --simulate install "${options[@]}" -- "$@" 2>&1) && [[ $* == */trixie* ]]; then
    options+=(--target-release trixie)
  fi
  plan=$(apt-get --simulate install "${options[@]}" -- "$@" 2>&1) || {
    tail -n 10 <<<"$plan" | sed 's/^/    | /' >&2
    die "apt cannot install $*: its reason is above"
  }
  removals=$(awk '$1 == "Remv" { print $2 }' <<<"$plan")
  if [[ -n $removals ]]; then
    die "apt would remove ${removals//$'\n'/, } to install $*, and nothing here is ever replaced: install it from where the present packages came from"
  fi
  upgrades=$(awk '$1 == "Inst" && $3 ~ /^\[/ { print "    " $2 " " $3 " -> " substr($4, 2) }' <<<"$plan")
  if [[ -n $upgrades ]]; then
    note 'apt would upgrade packages that are already here:'
    printf '%s\n' "$upgrades" >&2
    confirm 'go on?' || die "not installed: $* (answer y, or install them yourself)"
  fi
  note "installing $* (apt-get install)"
  quiet as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes "${options[@]}" -o DPkg::Lock::Timeout=120 -- "$@" ||
    die "apt-get install $* failed: its last words are above, all of them in $LOG_FILE"
  hash -r
}

# Asks on a terminal; without one nobody could answer, so it goes on.
confirm() {
  [[ -t 0 && -t 2 ]] || return 0
  local answer=''
  read -r -p "$LOG_NAME:   $1 [y/N] " answer
  [[ $answer == [yY] || $answer == [yY][eE][sS] ]]
}
