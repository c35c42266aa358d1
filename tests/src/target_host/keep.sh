# shellcheck shell=bash disable=SC2016
#
# Keeps a host for as long as somebody holds the other end of standard input, then ends all of it.
#
# Arguments: the script of process 1. Environment: CGROUP, and what that script wants; AGAIN, the
# mounts of a host that has ended, to go on with them.
set -u

mkdir -p "$CGROUP"
# Each ends with the one before it, however that ended: this, unshare, the host's process 1, and with
# it the kernel ends all others of the host. Process 1 alone enters the cgroup: systemd wants that for
# itself.
setpriv --pdeathsig=KILL unshare --pid --fork --kill-child -- bash -c '
    printf 0 >"$CGROUP/cgroup.procs" || exit
    # /proc is still that of the test computer, so this is the process id that it knows.
    read -r PID _ </proc/self/stat
    export PID
    script=$1
    shift
    [ -z "${AGAIN-}" ] || set -- nsenter --mount="$AGAIN" --
    exec "$@" unshare --mount --ipc --uts --cgroup -- bash -c "$script" boot
' keep "$1" </dev/null &
unshare=$!

# Only the host's process 1 says something, so that its end before `ready` shows.
exec >&-
while read -r _; do :; done

kill -KILL "$unshare" 2>/dev/null
wait "$unshare" 2>/dev/null
# The directories of a cgroup go once its last process is gone, which takes the kernel a moment.
for _ in {1..100}; do
    find "$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null
    [ -e "$CGROUP" ] || exit 0
    sleep 0.02
done
