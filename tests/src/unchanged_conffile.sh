# shellcheck shell=sh
# Succeeds when a path is a link to a configuration file that is still as its package installed it.
#
# Arguments: the link, the file.
set -eu
[ -L "$1" ] && [ "$(readlink -f -- "$1")" = "$2" ]
sum=$(dpkg-query --show --showformat='${Conffiles}\n' | awk -v file="$2" '$1 == file { print $2 }')
[ "$(md5sum <"$2")" = "$sum  -" ]
