# shellcheck shell=sh disable=SC1007,SC1010,SC2015,SC2030,SC2031,SC2016,SC2115,SC2154,SC2034
# Performs a plan. The calls of these functions follow, made of the plan; then, on stdin, come the
# contents of files.
#
# Given, besides what state.sh takes: $M, a word that nothing else prints; $E, the hash of the state
# that the plan was made for.

H=$S/.host
# $B is also what the program that becomes root calls this one.
broken= failed= stopped= earliest= locked= prepared= pending= dirty= B=

# All that is said goes one way. Nobody has to listen: what was begun is done also when the
# connection is gone.
exec 2>&1
trap '' HUP PIPE
# The part that works, in `main`, decides when to stop; this one stays until it has ended.
trap : INT TERM

# An event, on a line of its own.
ev() {
    printf '\n%s' "$M"
    printf '\t%s' "$@"
    printf '\n'
}

end() {
    if [ -n "$locked" ]; then
        tidy
        rm -rf -- "$H/stage"
    fi
    ev end "$@"
    exit 0
}

# Begins a step, and says whether it was done. What depends on it is not done without it.
step() {
    step=$1
    shift
    [ -z "$broken$stopped" ] || return 0
    ev begin "$step"
    if "$@"; then ev done "$step"; else
        broken=1 failed=1
        ev failed "$step"
    fi
}

# What is part of a step without being all of it: only that it failed is said.
part() { # step command…
    [ -z "$broken$stopped" ] || return 0
    part=$1
    shift
    # Not by way of a file: the disk may be full.
    part_said=$("$@" 2>&1) && return
    fail "$part" "$part_said"
}

fail() { # step what was said
    broken=1 failed=1
    ev begin "$1"
    printf '%s\n' "$2"
    ev failed "$1"
}

# A program, away from whatever directory this is, in a session that no terminal can hang up, and
# without the lock: a daemon that it starts would keep it for ever. Its output goes through a file
# for the same reason. Nor shall a daemon have signals ignored or a umask of ours.
run() {
    status=0
    (trap - HUP PIPE INT TERM && umask 022 && cd / && exec setsid -w timeout -k 9 600 "$@") \
        >"$H/stage/out" 2>&1 </dev/null 7<&- 9>&- || status=$?
    cat -- "$H/stage/out"
    [ $status != 124 ] || echo "$1 did not end within ten minutes"
    return $status
}

# The same for one that takes its time: its output is shown as it comes. While it works, the host is
# locked, whatever becomes of us.
follow() {
    : >"$H/stage/out"
    (trap - HUP PIPE TERM && umask 022 && cd / && exec setsid -w /bin/sh -c '"$@" 9>&-; exit' sh "$@") \
        >>"$H/stage/out" 2>&1 </dev/null 7<&- &
    pid=$!
    moderate "$pid" "$H/stage/out" >/dev/null 2>&1 </dev/null 7<&- 8<&- 9>&- &
    moderator=$!
    # It looks that often whether the program has ended, which nobody should wait for.
    tail -n +1 -s 0.02 --pid="$pid" -f "$H/stage/out" 2>/dev/null 9>&-
    kill "$moderator" 2>/dev/null
    status=0
    wait "$pid" || status=$?
    [ ! -e "$H/stage/out.ample" ] || {
        rm -f -- "$H/stage/out.ample"
        echo 'it printed more than 32 MB and was stopped'
    }
    return $status
}

# A program that does not stop talking would fill the disk.
moderate() { # process that has started it, file
    while sleep 1; do
        [ "$(stat -c %s -- "$2")" -gt 33554432 ] || continue
        : >"$2.ample"
        # shellcheck disable=SC2046  # there may be several
        kill -TERM $(cat "/proc/$1/task/$1/children")
        : >"$2"
    done
}

# --- before anything changes

lock() { # operator seconds
    # What is made here for ourselves, above our own directory too, is no change of somebody else's.
    [ -d "$S" ] || earliest=$(seen)
    [ -d "${S%/*}" ] || (umask 022 && mkdir -p -- "${S%/*}") || end failed
    mkdir -p -- "$H" || end failed
    exec 9>>"$H/lock"
    if ! flock -n 9; then
        ev waiting "$(head -c 300 "$H/lock" | tr '\n\t' '  ')"
        flock -w "$2" 9 || end locked "$(head -c 300 "$H/lock" | tr '\n\t' '  ')"
    fi
    # Somebody was here before, and what was seen before them is not how it is.
    [ ! -s "$H/lock" ] || earliest=
    locked=1
    printf '%s since %s (process %s)\n' "$1" "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" "$$" >"$H/lock"
    tidy
    rm -rf -- "$H/stage"
    mkdir -- "$H/stage" "$H/stage/run" || end failed
    WSGI_RUN=$H/stage/run
    export WSGI_RUN
}

# Takes so many bytes of stdin, an archive, and a dot. Who falls asleep over it must not lock the host for
# ever.
receive() { # bytes
    received=$(timeout --foreground "${PATIENCE-900}" head -c "$1" | tar -x -m --no-same-owner -C "$H/stage" -f - 2>&1) || {
        printf '%s\n' "$received"
        case $received in *'Unexpected EOF'*) end cut ;; esac
        echo "cannot write to $H/stage"
        end failed
    }
    # Without the last of its zeros, tar has an archive for whole.
    [ "$(timeout --foreground "${PATIENCE-900}" head -c 1)" = . ] || end cut
}

# Everything has arrived, as it was sent: an end of the connection looks like the end of a file.
arrived() {
    [ -z "$1" ] || (cd "$H/stage" && printf '%s' "$1" | sha256sum -c --status) || end cut
    exec </dev/null
    trap 'stopped=1' INT TERM
}

unchanged() {
    [ -z "$E" ] || [ "${earliest:-$(seen)}" = "$E  -" ] || end drifted
}

seen() {
    widen
    state | sha256sum
}

# What a check will ask for holds already, unless it is about a file that is changed. Else what is
# wrong is somebody else's, who has to mend it.
sound() { # paths command…
    sound=$1
    shift
    run "$@" >"$H/stage/said" || printf '%s\n' "$sound" | grep -qF -f - "$H/stage/said" || {
        cat "$H/stage/said"
        end refused
    }
}

# Writes a file of ours from the stage, whole or not at all.
note() {
    cp -- "$H/stage/$1" "$2~" && sync -- "$2~" && mv -T -- "$2~" "$2" && sync -- "${2%/*}"
}

# Before the first change, what will be ours and what it will owe. Without that, nothing is changed.
intend() { # app blob
    set +f
    mkdir -p -- "$S/$1/owed" && rm -f -- "$S/$1/owed"/*"~" && note "$2" "$S/$1/intent" && sync -- "$S" || end failed
    set -f
}
owe() { note "$2" "$S/$1/owed/$3" || end failed; }

# --- software and accounts

packages() { # update name…
    update=$1
    shift
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none
    # An earlier run may have been cut off. Another one may be at work, for which dpkg, unlike apt,
    # does not wait.
    waited=0
    while [ -n "$(ls -A /var/lib/dpkg/updates)" ] && ! follow dpkg --force-confold --configure -a; do
        grep -q 'locked by another process' "$H/stage/out" && [ $waited -lt 300 ] || return
        sleep 5
        waited=$((waited + 5))
    done
    [ -z "$update" ] || follow apt-get -q -o DPkg::Lock::Timeout=300 update || return
    follow apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install -- "$@" || {
        # apt says which, and nothing of what could be done.
        ! grep -qE '^E: (Unable to locate package|Package .* has no installation candidate|Version .* was not found)' \
            "$H/stage/out" ||
            echo 'no repository of this host has it: mend its name in the vars file, or add the repository that has it'
        return 1
    }
}

virtualenv() { # user home create path requirement…
    venv_user=$1 venv_home=$2 venv=$4 create=$3
    shift 4
    if [ -n "$create" ] || ! [ -x "$venv/bin/pip" ]; then
        of_app /usr/bin/python3 -I -m venv "$venv" || return
    fi
    [ $# = 0 ] || of_app "$venv/bin/python" -I -m pip install --quiet --no-input \
        --disable-pip-version-check -- "$@"
}

# A program of the app's user, with an environment of its own. The address of a proxy may have a
# password in it, which must not become an argument.
of_app() (
    for name in $(env -0 | tr '\n\0' ' \n' | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
        case $name in http_proxy | https_proxy | no_proxy | PATH) ;; *) unset -v "$name" ;; esac
    done
    PATH=/usr/bin:/bin HOME=$venv_home USER=$venv_user LC_ALL=C.UTF-8
    export HOME USER LC_ALL
    follow setpriv --reuid "$venv_user" --regid "$(id -g -- "$venv_user")" --init-groups -- "$@"
)

service() { # name
    if [ -d /run/systemd/system ]; then
        run systemctl enable --quiet "$1" && run systemctl start "$1"
    else
        run update-rc.d "$1" defaults && run update-rc.d "$1" enable &&
            run env -i PATH="$PATH" /etc/init.d/"$1" start
    fi
}

crontab_of() { # user blob hash: of what it was
    [ "$(crontab -u "$1" -l | sha256sum)" = "$3  -" ] || {
        echo "the crontab of $1 has changed meanwhile"
        return 1
    }
    if [ -s "$H/stage/$2" ]; then run crontab -u "$1" "$H/stage/$2"; else run crontab -u "$1" -r; fi
}

# An action is owed until all of its commands have succeeded.
action() { # step app slug
    action_step=$1 owed=$S/$2/owed/$3 action_failed=
    [ -n "$stopped" ] || ev begin "$1"
}
runs() {
    [ -z "$action_failed$stopped" ] || return 0
    run "$@" || action_failed=1
}
acted() {
    [ -z "$stopped" ] || return 0
    if [ -z "$action_failed" ] && rm -f -- "$owed" && sync -- "${owed%/*}"; then
        ev done "$action_step"
    else
        failed=1
        ev failed "$action_step"
    fi
}

# --- what was made for an app is taken away

# A directory with everything in it: rm follows no link in it. What is mounted there stays.
tree() { # path
    [ -z "$failed" ] || {
        echo "$1 stays, since what ran before failed"
        return 1
    }
    rm -rf --one-file-system -- "$1"
}

# userdel refuses a user who runs something. A login's own processes are systemd's, which ends them
# only some seconds after the logout.
user_gone() { # name
    gone=$(id -u -- "$1") || return
    for signal in TERM TERM KILL KILL; do
        for process in $(processes_of "$gone"); do kill -"$signal" "$process" 2>/dev/null; done
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            [ -n "$(processes_of "$gone")" ] || break 2
            sleep 0.1
        done
    done
    run userdel -- "$1"
}

# By what userdel looks at: their owner in /proc may be root.
processes_of() { # uid
    set +f
    grep -Els "^Uid:.*[[:space:]]$1([[:space:]]|\$)" /proc/[0-9]*/status | sed 's|[^0-9]||g'
    set -f
}

# userdel takes the group of the same name along, where login.defs says so.
group_gone() { # name
    ! getent group "$1" >/dev/null || run groupdel -- "$1"
}

# --- after everything

# An owed action that is left over is one that nobody defines any more.
recorded() { # app blob
    [ -z "$failed$stopped" ] || return 0
    note "$2" "$S/$1/manifest" && rm -rf -- "$S/$1/intent" "$S/$1/owed" && sync -- "$S/$1" || end failed
}

# Nothing of ours is left: what deploys have noted goes with the releases, and with a log, which is
# in a directory of root's, what was rotated of it.
forgotten() { # app log…
    [ -z "$failed$stopped" ] || return 0
    rm -rf -- "${S:?}/$1"
    shift
    set +f
    for log; do rm -f -- "$log".[0-9]* "$log"-[0-9]*; done
    set -f
}

performed() {
    set +f
    for app in $G; do
        for file in "$S/$app/owed"/*; do
            [ ! -f "$file" ] || ev owed "$(cat -- "$file")"
        done
    done
    # What an earlier run kept is of no use when everybody's last run has ended well.
    set -- "$S"/*/intent
    [ -e "$1" ] || rm -rf -- "$H/undo"
    # Twenty times, what was taken over is kept.
    set -- "$H/backup"/*
    while [ $# -gt 20 ]; do
        rm -rf -- "$1"
        shift
    done
    set -f
    [ -z "$stopped" ] || end ended
    [ -z "$failed" ] || end failed
    end done
}
