# shellcheck shell=sh disable=SC1007,SC1010,SC2015,SC2016,SC2034,SC2153,SC2154
# Tries a release before it serves: commands of the vars file, and a gunicorn of its own. A part of
# deploy.sh.

# A command of the vars file: it may hold a password, so that it is no argument of a program. A
# script of several lines ends with the first that fails: a migration among them would go unnoticed.
hook() { # release virtualenv seconds blob line|script
    exec 8<"$K/$4"
    status=0 hooked=$(date +%s)
    case $5 in script) set -- "$@" -e ;; *) set -- "$@" +e ;; esac
    follow_app timeout -k 10 "$3" "$START" --run "$1" "$2" -- bash "$6" -c 'eval "$(cat <&8)" 8<&-' || status=$?
    exec 8<&-
    # 137: it would not be told, and was killed.
    case $status in 124 | 137) [ $(($(date +%s) - hooked)) -lt "$3" ] || echo "it took more than $3 s and was stopped" ;; esac
    return "$status"
}

# A second gunicorn loads its settings and the app, on a socket of its own, where `probe` asks it. It
# tells through descriptor 4, as to the herder, when its worker is ready. It ends with us, and soon: a
# worker that hangs would be waited for.
check() { # release virtualenv
    socket=$RUN/probe.sock
    of_app rm -f -- "$socket"
    # Also for writing, so that nobody waits for the other end.
    mkfifo -- "$K/told" && exec 5<>"$K/told" && exec 6<"$K/told" || return
    (cd / && HERDER_FD=4 exec setpriv --reuid "$USER_" --regid "$GROUP_" --init-groups --pdeathsig TERM -- \
        timeout -k 3 "$((2 * WAIT + 30))" "$START" --probe "$1" "$2" "$socket") \
        >"$K/probe" 2>&1 </dev/null 4>&5 5>&- 6<&- 7<&- 9>&- &
    probed=$!
    exec 5>&-
    status=0
    # Its last word is the end of the pipe, unless something that it has left behind keeps that open.
    of_app timeout --foreground "$WAIT" /bin/sh -c 'while read -r said _; do
    case $said in ready) exit 0 ;; ended) exit 1 ;; esac
done
exit 1' <&6 7<&- 9>&- || status=$?
    exec 6<&-
    [ $status != 0 ] || return 0
    not_probed
    # The reason last: of what is said, the end is kept.
    if [ $status = 124 ]; then
        echo "its import took more than $WAIT s and was stopped"
    elif [ ! -s "$K/probe" ]; then
        echo "it ended while it was imported, and said nothing"
    fi
    return $status
}

# It is asked what visitors will ask the first gunicorn, and then told to end; nobody waits for that.
probe() {
    status=0
    verdict=$(of_app /usr/bin/python3 -I -S -c "$ASK" unix "$socket" "$HOST" "$HEALTH" "$LOW" "$HIGH" "$WAIT" "$probed" \
        "$SCHEME" 9>&-) || status=$?
    if [ $status = 0 ]; then kill -TERM "$probed" 2>/dev/null; else
        not_probed
        printf '%s\n' "$verdict"
    fi
    return $status
}

# What it has said, when it has ended.
not_probed() {
    probe_ends
    tail -c 1000000 -- "$K/probe"
}

probe_ends() {
    [ -n "$probed" ] || return 0
    kill -TERM "$probed" 2>/dev/null
    wait "$probed"
    probed=
    of_app rm -f -- "$socket"
}
