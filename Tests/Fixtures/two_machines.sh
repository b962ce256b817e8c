#!/usr/bin/env bash
# Runs a command on a "desk" machine that can reach a "target" machine: two network namespaces joined by a cable, the target with
# process numbers of its own and in a chroot that holds nothing but the executor, its C library, and one debug server; with musl
# there is also busybox, and an emulator for another architecture than this machine's.
#
# usage: two_machines.sh EXECUTOR DEBUG-SERVER|none FOLDER COMMAND...
# The executor listens at 10.77.0.2:4711. All of it is gone when this script ends.
set -euo pipefail

case $1 in
  --desk)
    # In a network, mount and process namespace of its own, whose end ends everything.
    shift
    ip link set lo up
    ip link add desk type veth peer name target
    ip addr add 10.77.0.1/24 dev desk
    ip link set desk up
    unshare --net --mount --pid --fork --kill-child "$0" --target "$1" "$2" "$3" &
    # unshare has forked when its namespaces are there.
    until child=$(pgrep -P $!); do sleep 0.01; done
    ip link set target netns "$child"
    folder=$3
    for ((i = 0; i < 2000; i++)); do
      [[ -s $folder/root/port ]] && break
      kill -0 $! || exit 70
      sleep 0.01
    done
    [[ -s $folder/root/port ]] || { echo 'two_machines: the executor does not listen' >&2; exit 70; }
    shift 3
    "$@"
    ;;
  --target)
    executor=$2 server=$3 root=$4/root
    until ip link show target > /dev/null 2>&1; do sleep 0.01; done
    ip link set lo up
    ip addr add 10.77.0.2/24 dev target
    ip link set target up
    # Not where the desk's own libraries are, so that debuggers cannot take those for the target's.
    mkdir -p "$root"/{proc,dev,tmp,bin,lib,lib64,opt/lib,www}
    touch "$root/dev/null"
    mount --bind /dev/null "$root/dev/null"
    mount -t proc proc "$root/proc"
    place() {
      touch "$2"
      mount --bind "$(readlink -f "$1")" "$2"
    }
    place "$executor" "$root/bin/jitdebug-executor"
    # Where Scripts/build-executor puts it tells what it is for.
    triple=$(basename "$(dirname "$executor")") needed=() emulator=()
    architecture=${triple%%-*}
    if [[ $triple == *-musl ]]; then
      place "$(dirname "$executor")/../../musl/$architecture/lib/libc.so" "$root/lib/ld-musl-$architecture.so.1"
      place /bin/busybox "$root/bin/busybox"
      chroot "$root" /bin/busybox sh -c 'echo "a page from the target" > /www/page.txt'
    else
      # libgcc_s is the C library's, for threads that are cancelled.
      needed=("$executor" /lib/x86_64-linux-gnu/libgcc_s.so.1)
      place /lib/x86_64-linux-gnu/libgcc_s.so.1 "$root/opt/lib/libgcc_s.so.1"
    fi
    if [[ $server != none ]]; then
      file=$(readlink -f "$(command -v "$server")")
      place "$file" "$root/bin/${server##*/}"
      needed+=("$file")
    fi
    if [[ $architecture != "$(uname -m)" ]]; then
      place "$(command -v "qemu-$architecture-static")" "$root/bin/qemu-$architecture-static"
      emulator=("/bin/qemu-$architecture-static")
    fi
    if ((${#needed[@]})); then
      place /lib64/ld-linux-x86-64.so.2 "$root/lib64/ld-linux-x86-64.so.2"
      for library in $(ldd "${needed[@]}" | sed -nE 's/.* => (\/[^ ]+) .*/\1/p' | sort -u); do
        [[ -e $root/opt/lib/${library##*/} ]] || place "$library" "$root/opt/lib/${library##*/}"
      done
    fi
    export PATH=$PATH:/usr/sbin LD_LIBRARY_PATH=/opt/lib
    exec chroot "$root" \
      "${emulator[@]}" /bin/jitdebug-executor --listen 10.77.0.2:4711 --port-file /port --insecure --quiet
    ;;
  *)
    (($# >= 4)) || { sed -n '2,8s/^# //p' "$0" >&2; exit 64; }
    # Root is only needed inside.
    as_root=()
    ((EUID == 0)) || as_root=(--map-root-user)
    exec unshare "${as_root[@]}" --net --mount --pid --fork --kill-child --mount-proc "$0" --desk "$@"
    ;;
esac
