# shellcheck shell=sh
#
# First in each command that enters a machine: takes what the test's own process must not pass on.
#
# Arguments: `announce` or `quiet`, a user, a working directory, the command.
announce=$1 user=$2 directory=$3
shift 3

umask 022
cd "$directory" || exit 126
unset PWD OLDPWD

# Marked, so that the harness tells it from a command that exits with this status itself.
command -v -- "$1" >/dev/null || {
    printf 'wsgi-tests: no such program: %s\n' "$1" >&2
    exit 127
}

# The process keeps its id over each exec that follows.
[ "$announce" = quiet ] || printf '%s\n' "$$"

[ "$user" = root ] && exec "$@"

account=$(getent passwd "$user") || {
    printf 'wsgi-tests: no such user: %s\n' "$user" >&2
    exit 126
}
IFS=: read -r _ _ uid gid _ home _ <<END
$account
END
# runuser would start a session and change the environment; sudo is a subject of the tests.
HOME=$home exec setpriv --reuid="$uid" --regid="$gid" --init-groups -- "$@"
