# shellcheck shell=sh disable=SC2086
# Prints the last lines of an app's logs and, when $follow says so, what is added to them. In the
# place of the app's own log its user can put a link to anything: so that user reads it.
user=$1 group=$2 own_log=$3 lines=$4 follow=$5
shift 5
own() { exec setpriv --reuid "$user" --regid "$group" --init-groups -- tail -v -n "$lines" $follow -- "$own_log"; }
if [ -n "$follow" ]; then
    own &
    tail -v -n "$lines" $follow -- "$@"
    wait
else
    (own)
    echo
    tail -v -n "$lines" -- "$@"
fi
