# shellcheck shell=bash
# A small machine like the runners that users have (systemd, cgroup v2, swap, Docker),
# made of Debian packages and run by QEMU. What is slow to make is kept in the cache,
# named by what it was made of.

GUEST_CACHE=$CHAOS_CACHE/guest
GUEST_SCRATCH=$GUEST_CACHE/tmp
GUEST_SUITE=trixie
GUEST_PACKAGES=(
  systemd systemd-sysv dbus udev kmod linux-image-cloud-amd64
  docker.io docker-cli docker-compose iptables nftables iproute2 procps ca-certificates
)
# Under the 7.2 of the release before, the guest's kernel panics when Docker starts.
QEMU_MINIMUM=10
QEMU_PACKAGES=(qemu-system-x86)
GUEST_CPUS=2
GUEST_MIB=3072
GUEST_DISK_SIZE=8G
GUEST_SWAP_SIZE=1G
GUEST_KERNEL_OPTIONS='root=LABEL=guest rw console=ttyS0 quiet systemd.show_status=0 panic=-1'
KVM_TRIAL_SECONDS=20
BOOT_SECONDS=900
# The machine that runs now.
GUEST_PID=''

# guest_key TEXT...: sixteen digits that stand for the texts.
guest_key() {
  local sum
  sum=$(printf '%s\0' "$@" | sha256sum)
  printf '%s' "${sum:0:16}"
}

# Keeps one of its kind: each is about a gigabyte.
forget_others() {
  local kept=$1 other
  for other in "${kept%-*}"-*; do
    [[ $other == "$kept" || ! -e $other ]] || as_root rm -rf --one-file-system -- "$other"
  done
}

# make_tree FOLDER PACKAGE...: a Debian of its own.
make_tree() {
  local root=$1 mirror packages
  shift
  mirror=$(debian_mirror)
  if ! have debootstrap; then
    have apt-get || die 'debootstrap is missing: install it'
    apt_update_once
    apt_install debootstrap
  fi
  packages=$(printf '%s,' "$@")
  # A mount namespace of its own: whatever debootstrap mounts is gone with it.
  quiet as_root unshare --mount -- \
    debootstrap --variant=minbase --include="${packages%,}" "$GUEST_SUITE" "$root" "$mirror" ||
    die "debootstrap could not make $root from $mirror (its reason is above): set DEBIAN_MIRROR to a mirror that answers"
}

# Sets QEMU: this machine's where it is new enough; else one in a folder of its own, run
# by the loader that it came with, so that nothing of this machine is upgraded for it.
step_guest_qemu() {
  local version='' folder
  ! have qemu-system-x86_64 || version=$(qemu_version qemu-system-x86_64)
  if version_at_least "$version" "$QEMU_MINIMUM"; then
    QEMU=(qemu-system-x86_64)
    STEP_NOTE="$version of this machine"
    return 0
  fi
  folder=$GUEST_CACHE/qemu-$(guest_key "$GUEST_SUITE" "${QEMU_PACKAGES[@]}")
  if [[ ! -d $folder ]]; then
    note "making a folder with QEMU by debootstrap (about a minute; this machine has ${version:-none})"
    make_tree "$GUEST_SCRATCH/qemu" "${QEMU_PACKAGES[@]}"
    as_root mv -- "$GUEST_SCRATCH/qemu" "$folder"
    forget_others "$folder"
  fi
  QEMU=(
    "$folder/usr/lib64/ld-linux-x86-64.so.2" --library-path "$folder/usr/lib/x86_64-linux-gnu"
    "$folder/usr/bin/qemu-system-x86_64" -L "$folder/usr/share/qemu" -L "$folder/usr/share/seabios"
  )
  STEP_NOTE="$(qemu_version "${QEMU[@]}") in $folder"
}

qemu_version() {
  "$@" --version | awk 'NR == 1 { print $4 }'
}

# Sets GUEST_ROOT: a folder with kernel, initrd and disk.img.
step_guest_root() {
  local files=$CHAOS_ROOT/test/guest/root units=etc/systemd/system tree=$GUEST_SCRATCH/tree made=$GUEST_SCRATCH/root contents
  contents=$(tar --create --sort=name --mtime=@0 --owner=0 --group=0 --mode=a+rX,go-w --directory "$files" . | sha256sum)
  GUEST_ROOT=$GUEST_CACHE/root-$(guest_key "$GUEST_SUITE" "$GUEST_DISK_SIZE" "${GUEST_PACKAGES[@]}" "$contents")
  STEP_NOTE=present
  [[ ! -d $GUEST_ROOT ]] || return 0
  note 'making the root file system by debootstrap (about a minute)'
  make_tree "$tree" "${GUEST_PACKAGES[@]}"
  as_root cp --recursive --no-preserve=ownership -- "$files/." "$tree"
  as_root mkdir -p -- "$tree/job" "$tree/$units/multi-user.target.wants"
  as_root ln -s -- ../guest-job.service "$tree/$units/multi-user.target.wants/guest-job.service"
  # A login would take the console away from the job.
  as_root ln -s -- /dev/null "$tree/$units/serial-getty@ttyS0.service"
  mkdir -p -- "$made"
  as_root cp --dereference -- "$tree"/boot/vmlinuz-* "$made/kernel"
  as_root cp --dereference -- "$tree"/boot/initrd.img-* "$made/initrd"
  quiet as_root mke2fs -q -t ext4 -L guest -d "$tree" "$made/disk.img" "$GUEST_DISK_SIZE"
  as_root chmod a+r -- "$made"/*
  as_root rm -rf --one-file-system -- "$tree"
  mv -- "$made" "$GUEST_ROOT"
  forget_others "$GUEST_ROOT"
  STEP_NOTE=made
}

# Sets GUEST_ACCELERATION, and GUEST_LOADING for work that is not timed. /dev/kvm may be
# there and still not run an ordinary kernel, so one is tried: its first program ends at
# once, which the kernel answers with this panic.
step_guest_acceleration() {
  local log=$GUEST_LOGS/kvm-trial.log
  GUEST_ACCELERATION=(-accel kvm -cpu host)
  GUEST_LOADING=("${GUEST_ACCELERATION[@]}")
  STEP_NOTE=kvm
  if [[ -w /dev/kvm ]]; then
    {
      timeout --kill-after=5 "$KVM_TRIAL_SECONDS" "${QEMU[@]}" "${GUEST_ACCELERATION[@]}" \
        -smp "$GUEST_CPUS" -m "$GUEST_MIB" -nographic -no-reboot -nic none \
        -kernel "$GUEST_ROOT/kernel" -initrd "$GUEST_ROOT/initrd" -append 'console=ttyS0 panic=-1 rdinit=/bin/true' \
        </dev/null || printf 'the trial ended with %d\n' "$?"
    } >"$log" 2>&1
    ! grep -q 'Attempted to kill init' -- "$log" || return 0
  fi
  # The guest's clock counts instructions, one a nanosecond: to its programs and their
  # limits it is as fast as a machine of one gigahertz, however slow this one is.
  GUEST_ACCELERATION=(-accel 'tcg,thread=single' -icount 'shift=0,sleep=on' -rtc clock=vm -cpu max)
  GUEST_LOADING=(-accel 'tcg,thread=multi' -cpu max)
  STEP_NOTE='emulated, the clock counts instructions'
}

# disk_of FOLDER FILE: an ext4 disk with the folder's contents.
disk_of() {
  local folder=$1 file=$2 mib
  mib=$(du --summarize --block-size=M -- "$folder" | cut -f 1)
  quiet mke2fs -q -t ext4 -d "$folder" "$file" "$((${mib%M} * 5 / 4 + 64))M"
}

# Sets GUEST_DISK: the root disk with the images in its Docker.
step_guest_disk() {
  local -a images=("$@")
  local ids job=$GUEST_SCRATCH/loading loading=$GUEST_SCRATCH/disk.img
  ids=$(docker image inspect --format '{{.Id}}' -- "${images[@]}")
  GUEST_DISK=$GUEST_CACHE/disk-$(guest_key "$GUEST_ROOT" "${images[@]}" "$ids" "$(<"$CHAOS_ROOT/test/guest/load-images")")
  STEP_NOTE="present, with ${images[*]}"
  [[ ! -f $GUEST_DISK ]] || return 0
  note 'loading the images into the disk (some minutes where the machine is emulated)'
  mkdir -p -- "$job"
  docker save --output "$job/images.tar" -- "${images[@]}"
  cp -- "$CHAOS_ROOT/test/guest/load-images" "$job/job"
  disk_of "$job" "$GUEST_SCRATCH/loading.img"
  cp --sparse=always -- "$GUEST_ROOT/disk.img" "$loading"
  run_machine load "$LOAD_SECONDS" "${GUEST_LOADING[@]}" \
    -drive "$(drive root "$loading")" -drive "$(drive job "$GUEST_SCRATCH/loading.img"),readonly=on"
  mv -- "$loading" "$GUEST_DISK"
  rm -rf -- "$job" "$GUEST_SCRATCH/loading.img"
  forget_others "$GUEST_DISK"
  STEP_NOTE="made, with ${images[*]}"
}

# The options of -drive for a raw disk; the guest knows it as /dev/disk/by-id/virtio-NAME.
drive() {
  printf 'if=none,id=%s,file=%s,format=raw,cache=unsafe' "$1" "${2//,/,,}"
}

# run_machine NAME SECONDS OPTION...: boots, and returns when the job has ended well.
# The drives root, job and, where there is one, results are given by their options.
run_machine() {
  local name=$1 limit=$2 log=$GUEST_LOGS/$1.log swap=$GUEST_SCRATCH/swap.img option ended
  shift 2
  local -a devices=(-device 'virtio-blk-pci,drive=root,serial=root' -device 'virtio-blk-pci,drive=job,serial=job')
  for option in "$@"; do
    [[ $option != *id=results,* ]] || devices+=(-device 'virtio-blk-pci,drive=results,serial=results')
  done
  : >"$log"
  rm -f -- "$swap"
  truncate --size "$GUEST_SWAP_SIZE" "$swap"
  quiet mkswap "$swap"
  # Changes that are not kept lie in a file there meanwhile.
  TMPDIR=$GUEST_SCRATCH "${QEMU[@]}" "$@" "${devices[@]}" \
    -drive "$(drive swap "$swap")" -device 'virtio-blk-pci,drive=swap,serial=swap' \
    -smp "$GUEST_CPUS" -m "$GUEST_MIB" -nographic -no-reboot -nic none \
    -kernel "$GUEST_ROOT/kernel" -initrd "$GUEST_ROOT/initrd" -append "$GUEST_KERNEL_OPTIONS" \
    </dev/null >"$log" 2>&1 &
  GUEST_PID=$!
  await_console "$log" 'guest: the job begins' "$BOOT_SECONDS" ||
    die "the guest did not come to its job within $BOOT_SECONDS s: its console is in $log"
  await_console "$log" 'guest: the job ended with' "$limit" ||
    die "the guest's job did not end within $limit s: its console is in $log"
  await_console "$log" '' "$BOOT_SECONDS" || die "the guest did not power off: its console is in $log"
  GUEST_PID=''
  ended=$(grep --only-matching --text 'guest: the job ended with [0-9]*' -- "$log" | tail -n 1)
  [[ $ended == *' with 0' ]] || die "the job \"$name\" of the guest failed (${ended:-it never ended}): its console is in $log"
}

# await_console LOG TEXT SECONDS: returns when the text is there or the machine is off,
# fails at the limit. Without a text only the end counts.
await_console() {
  local log=$1 text=$2 deadline=$((SECONDS + $3))
  while [[ -e /proc/$GUEST_PID ]]; do
    [[ -z $text ]] || ! grep -q --text --fixed-strings -- "$text" "$log" || return 0
    ((SECONDS < deadline)) || return 1
    sleep 0.5
  done
}

stop_machine() {
  # It may have ended by itself in between.
  [[ -z $GUEST_PID ]] || kill -KILL -- "$GUEST_PID" 2>/dev/null || return 0
}
