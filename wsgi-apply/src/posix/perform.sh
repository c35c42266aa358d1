# Performs a plan. The calls of these functions follow, made of the plan; then, on stdin, come the
# contents of files.
#
# Given, besides what state.sh takes: $M, a word that nothing else prints; $E, the hash of the state
# that the plan was made for.

H=$S/.host
# $B is also what the program that becomes root calls this one.
broken= failed= stopped= B=

# An event, on a line of its own.
ev() {
    printf '\n%s' "$M"
    printf '\t%s' "$@"
    printf '\n'
}

end() {
    rm -rf -- "$H/stage"
    ev end "$@"
    exit 0
}

# Does one thing of a set, unless another of the set has failed.
try() {
    [ -z "$broken$stopped" ] || return 0
    "$@" || broken=1
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

# A program, away from whatever directory this is, without the lock: a daemon that it starts would
# keep it for ever. Its output goes through a file for the same reason.
run() {
    status=0
    (cd / && exec "$@") >"$H/stage/out" 2>&1 </dev/null 9>&- || status=$?
    cat "$H/stage/out"
    return $status
}

# The same for one that takes its time: its output is shown as it comes.
follow() {
    : >"$H/stage/out"
    (cd / && exec "$@") >"$H/stage/out" 2>&1 </dev/null 9>&- &
    pid=$!
    tail -n +1 -s 0.1 --pid="$pid" -f "$H/stage/out" 9>&-
    wait "$pid"
}

# --- before anything changes

lock() { # operator seconds
    mkdir -p -- "$H" || end failed
    exec 9>>"$H/lock"
    if ! flock -n 9; then
        ev waiting "$(head -c 300 "$H/lock" | tr '\n\t' '  ')"
        flock -w "$2" 9 || end locked "$(head -c 300 "$H/lock" | tr '\n\t' '  ')"
    fi
    printf '%s since %s (process %s)\n' "$1" "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" "$$" >"$H/lock"
    rm -rf -- "$H/stage"
    mkdir -- "$H/stage" "$H/stage/run" || end failed
    WSGI_RUN=$H/stage/run
    export WSGI_RUN
}

# Takes the next bytes of stdin.
blob() { try head -c "$2" >"$H/stage/$1"; }

# Everything has arrived, as it was sent: an end of the connection looks like the end of a file.
arrived() {
    [ -z "$broken" ] && (cd "$H/stage" && printf '%s' "$1" | sha256sum -c --status) || end cut
    exec </dev/null
    # From here on nobody has to listen.
    trap '' HUP PIPE
    trap 'stopped=1' INT TERM
}

unchanged() {
    widen
    [ -z "$E" ] || [ "$(state | sha256sum)" = "$E  -" ] || end drifted
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

# Before the first change, what will be ours and what it will owe.
intend() { (umask 077 && mkdir -p -- "$S/$1/owed") && note "$2" "$S/$1/intent"; }
owe() { note "$2" "$S/$1/owed/$3"; }

# --- one path

aside() { printf '%s/.%s.wsgi~' "${1%/*}" "${1##*/}"; }

parents() { [ -d "${1%/*}" ] || (umask 022 && mkdir -p -- "${1%/*}"); }

own() { [ -z "$root" ] || chown -h -- "$1" "$2"; }

# What a user does in a directory of theirs: nothing is reached through a link that the user's own
# hands could not reach.
there() {
    there_user=$1
    shift
    as "$there_user" /bin/sh -c '
umask 077
cd /
do=$1 path=$2 mode=$3 aside=$4
[ -d "${path%/*}" ] || (umask 022 && mkdir -p -- "${path%/*}") || exit
case $do in
directory) [ -d "$path" ] && [ ! -L "$path" ] || mkdir -- "$path" && chmod "$mode" -- "$path" ;;
file)
    rm -f -- "$aside" && set -C && cat >"$aside" && set +C &&
        [ "$(sha256sum <"$aside")" = "$5  -" ] && chmod "$mode" -- "$aside" && sync -- "$aside" &&
        mv -T -- "$aside" "$path" && sync -- "${path%/*}" ;;
link) rm -f -- "$aside" && ln -s -- "$5" "$aside" && mv -T -- "$aside" "$path" ;;
attributes) [ ! -L "$path" ] && chmod "$mode" -- "$path" ;;
absent) if [ -d "$path" ] && [ ! -L "$path" ]; then rmdir -- "$path" 2>/dev/null || :; else rm -f -- "$path"; fi ;;
esac' sh "$@"
}

directory() { # actor path mode owner
    if [ "$1" != root ]; then
        there "$1" directory "$2" "$3" - </dev/null
        return
    fi
    parents "$2" && { [ -d "$2" ] || mkdir -m 700 -- "$2"; } && [ ! -L "$2" ] && own "$4" "$2" && chmod "$3" -- "$2"
}

attributes() { # actor path mode owner
    if [ "$1" != root ]; then
        there "$1" attributes "$2" "$3" - </dev/null
        return
    fi
    [ ! -L "$2" ] && own "$4" "$2" && chmod "$3" -- "$2"
}

# A file beside its place, private until it is whole.
prepare() { # step actor path mode owner blob
    [ -z "$broken$stopped" ] || return 0
    [ "$2" = root ] || return 0
    a=$(aside "$3")
    if ! { parents "$3" && rm -f -- "$a" && (set -C && cat <"$H/stage/$6" >"$a") && cmp -- "$H/stage/$6" "$a" &&
        own "$5" "$a" && chmod "$4" -- "$a"; } 2>"$H/stage/out"; then
        broken=1 failed=1
        ev begin "$1"
        cat "$H/stage/out"
        ev failed "$1"
    fi
    prepared="$prepared$a
"
}

# A check of a file that is prepared.
checked() { # step command…
    [ -z "$broken$stopped" ] || return 0
    checked=$1
    shift
    run "$@" >"$H/stage/said" && return
    broken=1 failed=1
    ev begin "$checked"
    cat "$H/stage/said"
    ev failed "$checked"
}

# Prepared files reach the disk before their names do.
settle() {
    [ -z "$broken" ] || {
        printf '%s' "$prepared" | args rm -f --
        return 0
    }
    printf '%s' "$prepared" | args sync --
}

file() { # actor path mode owner blob hash
    if [ "$1" != root ]; then
        there "$1" file "$2" "$3" "$(aside "$2")" "$6" <"$H/stage/$5"
        return
    fi
    mv -T -- "$(aside "$2")" "$2" && sync -- "${2%/*}"
}

link() { # actor path owner target
    if [ "$1" != root ]; then
        there "$1" link "$2" - "$(aside "$2")" "$4" </dev/null
        return
    fi
    a=$(aside "$2")
    parents "$2" && rm -f -- "$a" && ln -s -- "$4" "$a" && own "$3" "$a" && mv -T -- "$a" "$2" && sync -- "${2%/*}"
}

absent() { # actor path
    if [ "$1" != root ]; then
        there "$1" absent "$2" - - </dev/null
        return
    fi
    if [ -d "$2" ] && [ ! -L "$2" ]; then
        rmdir -- "$2" 2>/dev/null || echo "$2 is not empty: left"
    else
        rm -f -- "$2" && sync -- "${2%/*}"
    fi
}

# What was not ours is kept, readable by root alone.
backup() { # actor path
    [ -z "$broken$stopped" ] || return 0
    [ -n "${B-}" ] || B=$H/backup/$(date -u +%Y%m%dT%H%M%SZ)
    if mkdir -p -- "$B${2%/*}" && as "$1" cat -- "$2" >"$B$2" && find "$2" -maxdepth 0 \
        -printf '%m %u:%g %p %l\n' >>"$B/attributes"; then
        ev backup "$B$2"
    elif [ -L "$2" ]; then
        find "$2" -maxdepth 0 -printf '%m %u:%g %p %l\n' >>"$B/attributes" && ev backup "$B/attributes"
    else
        broken=1 failed=1
    fi
}

# --- a set of files that one check is about

# What stands there now, unless an earlier run that did not end has kept what was there before it.
keep() { # set path
    [ -z "$broken$stopped" ] || return 0
    U=$H/undo/$1
    mkdir -p -- "$U" && touch "$U/list" || broken=1
    cut -f2 "$U/list" | grep -qxF -- "$2" && return
    if [ -e "$2" ] || [ -L "$2" ]; then
        n=$(wc -l <"$U/list")
        try cp -a -T -- "$2" "$U/$n"
    else
        n=-
    fi
    try printf '%s\t%s\n' "$n" "$2" >>"$U/list"
}

# The check holds, or everything goes back.
prove() { # set step command…
    U=$H/undo/$1 prove_step=$2
    shift 2
    [ -d "$U" ] || return 0
    if [ -z "$broken" ] && [ -z "$stopped" ]; then
        if run "$@" >"$H/stage/said"; then
            rm -rf -- "$U"
            return
        fi
        ev begin "$prove_step"
        cat "$H/stage/said"
        ev failed "$prove_step"
        failed=1 broken=1
    fi
    while IFS="$T" read -r n path; do
        if [ "$n" = - ]; then
            rm -f -- "$path"
        else
            a=$(aside "$path")
            rm -f -- "$a"
            cp -a -T -- "$U/$n" "$a" && { [ -L "$a" ] || sync -- "$a"; } && mv -T -- "$a" "$path" || continue
        fi
        sync -- "${path%/*}"
        ev back "$path"
    done <"$U/list"
    rm -rf -- "$U"
}

# Without what was done so far, nothing else makes sense.
essential() { [ -z "$broken$stopped" ] || performed; }

# The next set, whatever became of this one.
next() { broken= prepared=; }

# --- software and accounts

packages() { # update name…
    update=$1
    shift
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none
    # An earlier run may have been cut off.
    follow dpkg --force-confold --configure -a || return
    [ -z "$update" ] || follow apt-get -q -o DPkg::Lock::Timeout=300 update || return
    follow apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install -- "$@"
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

of_app() {
    follow env -i HOME="$venv_home" USER="$venv_user" PATH=/usr/bin:/bin LC_ALL=C.UTF-8 \
        ${http_proxy+http_proxy="$http_proxy"} ${https_proxy+https_proxy="$https_proxy"} \
        ${no_proxy+no_proxy="$no_proxy"} setpriv --reuid "$venv_user" --regid "$(id -g -- "$venv_user")" \
        --init-groups -- "$@"
}

service() { # name
    if [ -d /run/systemd/system ]; then
        run systemctl enable --quiet "$1" && run systemctl start "$1"
    else
        run update-rc.d "$1" defaults && run update-rc.d "$1" enable && run /etc/init.d/"$1" start
    fi
}

crontab_of() { # user blob hash: of what it was
    [ "$(crontab -u "$1" -l | sha256sum)" = "$3  -" ] || {
        echo "the crontab of $1 has changed meanwhile"
        return 1
    }
    backup root "/var/spool/cron/crontabs/$1"
    if [ -s "$H/stage/$2" ]; then run crontab -u "$1" "$H/stage/$2"; else run crontab -u "$1" -r; fi
}

# An action is owed until all of its commands have succeeded.
action() { # step app slug
    action_step=$1 owed=$S/$2/owed/$3 action_failed=
    ev begin "$1"
}
runs() {
    [ -z "$action_failed$stopped" ] || return 0
    run "$@" || action_failed=1
}
acted() {
    [ -z "$stopped" ] || return 0
    if [ -z "$action_failed" ]; then
        rm -f -- "$owed" && sync -- "${owed%/*}"
        ev done "$action_step"
    else
        failed=1
        ev failed "$action_step"
    fi
}

# --- after everything

recorded() { # app blob
    [ -z "$failed$stopped" ] || return 0
    note "$2" "$S/$1/manifest" && rm -f -- "$S/$1/intent" && rmdir -- "$S/$1/owed" 2>/dev/null
}

performed() {
    for app in $G; do
        set +f
        for file in "$S/$app/owed"/*; do
            [ ! -f "$file" ] || ev owed "$(cat "$file")"
        done
        set -f
    done
    [ -z "$stopped" ] || end ended
    [ -z "$failed" ] || end failed
    end done
}
