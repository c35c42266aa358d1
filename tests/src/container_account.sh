# shellcheck shell=sh
# Makes an app's user as it is on a host: with a home from /etc/skel, and its keys.
#
# Arguments: user, group, home, shell, authorized keys.
set -eu
user=$1 group=$2 home=$3 shell=$4 keys=$5

getent group "$group" >/dev/null || groupadd -- "$group"
getent passwd "$user" >/dev/null && exit
mkdir -p -- "$(dirname -- "$home")"
useradd --gid "$group" --home-dir "$home" --create-home --shell "$shell" -- "$user"

[ -n "$keys" ] || exit 0
install --directory --mode=0700 --owner="$user" --group="$group" "$home/.ssh"
install --mode=0600 --owner="$user" --group="$group" /dev/null "$home/.ssh/authorized_keys"
printf '%s\n' "$keys" >"$home/.ssh/authorized_keys"
