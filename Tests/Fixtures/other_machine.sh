#!/usr/bin/env bash
# Runs a command in a network of its own, where the only open port is that of an sshd at localhost:22, whose logins see process
# numbers and a home of their own: what they start cannot be found from here but by way of them.
#
# usage: other_machine.sh FOLDER COMMAND...
# FOLDER gets `key` (may log in), `stranger` (may not) and `known` (the host's key). COMMAND finds in $JITDEBUG_SSH how to log in, and
# in $ON_TARGET words that run a command on that machine otherwise. All of it is gone when this script ends.
set -euo pipefail

case $1 in
  --desk)
    folder=$2
    ip link set lo up
    unshare --mount --pid --fork --kill-child --mount-proc "$0" --target "$folder" 2> "$folder/sshd.log" &
    until target=$(pgrep -P $!); do sleep 0.01; done
    for ((i = 0; i < 2000; i++)); do
      [[ -n $(ss -ltnH 'sport = :22') ]] && break
      kill -0 $! || { cat "$folder/sshd.log" >&2; exit 70; }
      sleep 0.01
    done
    export XDG_RUNTIME_DIR=$folder/run
    [[ ${#folder} -lt 30 ]] || XDG_RUNTIME_DIR=$(mktemp -d /tmp/jdXXXXXX)
    mkdir -p "$XDG_RUNTIME_DIR"
    export ON_TARGET="nsenter --target $target --mount --pid"
    export JITDEBUG_SSH="ssh -F none -i $folder/key -o IdentitiesOnly=yes -o UserKnownHostsFile=$folder/known"
    shift 2
    status=0
    "$@" || status=$?
    # With the last login goes the shared connection's process, and its socket.
    kill $!
    for ((i = 0; i < 500; i++)); do pgrep -x ssh > /dev/null || break; sleep 0.01; done
    rm -rf "$XDG_RUNTIME_DIR"
    exit $status
    ;;
  --target)
    folder=$2
    home=$(getent passwd "$(id -u)" | cut -d: -f6)
    # What was built here is there too, even where it lies in that home.
    root=$(realpath "${BASH_SOURCE[0]%/*}/../..")
    mount -t tmpfs none /mnt
    mkdir /mnt/root
    mount --bind "$root" /mnt/root
    mount -t tmpfs none "$home"
    [[ -d $root ]] || { mkdir -p "$root" && mount --bind /mnt/root "$root"; }
    mount -t tmpfs none /run
    mkdir /run/sshd
    cat > "$folder/sshd_config" << END
ListenAddress 127.0.0.1
HostKey $folder/host
AuthorizedKeysFile $folder/key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
END
    exec /usr/sbin/sshd -D -e -f "$folder/sshd_config"
    ;;
  *)
    (($# >= 2)) || { sed -n '2,8s/^# //p' "$0" >&2; exit 64; }
    folder=$1
    for key in host key stranger; do ssh-keygen -q -t ed25519 -N '' -f "$folder/$key"; done
    printf 'localhost %s\n' "$(cut -d' ' -f1-2 "$folder/host.pub")" > "$folder/known"
    exec unshare --net --mount --pid --fork --kill-child --mount-proc "$0" --desk "$@"
    ;;
esac
