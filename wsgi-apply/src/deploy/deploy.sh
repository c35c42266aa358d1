# shellcheck shell=sh disable=SC1007,SC1010,SC2015,SC2016,SC2034,SC2153,SC2154
# Puts a release in the place of another. The calls of these functions follow, made of the
# deployment; then, on stdin, come its files.
#
# Given, besides what survey.sh and perform.sh take: $ID, the release; $HOME_, the app's home; $RUN,
# a directory of its user's; $OPERATOR; $STEPS, their names.
N=$S/$APP
# What perform.sh keeps for the host, this keeps for the app; and a project takes longer to arrive.
H=$N K=$N/stage PATIENCE=14400
NEW=$RELEASES/$ID
began=$(date +%s)
switched= was= was_venv= probed=

of_app() { as "$USER_" "$@"; }

# As the app, in a release, with the app's environment.
in_release() { # release virtualenv command…
    in_release=$1 in_venv=$2
    shift 2
    follow_app "$START" --run "$in_release" "$in_venv" -- "$@"
}

follow_app() { follow setpriv --reuid "$USER_" --regid "$GROUP_" --init-groups -- "$@"; }

owner() { head -n 1 "$N/deploy.lock" | head -c 300 | tr '\t' ' '; }

# One deploy of an app at a time.
alone() { # operator seconds
    mkdir -p -- "$N/releases" "$H" || end failed
    exec 9>>"$N/deploy.lock"
    if ! flock -n 9; then
        [ "$2" = 0 ] || ev waiting "$(owner)"
        flock -w "$2" 9 || end locked "$(owner)"
    fi
    # Who would wait sends all but the last byte, so that they can still leave.
    [ "$2" = 0 ] || ev turn
    locked=1
    printf '%s since %s (process %s)\n' "$1" "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" "$$" >"$N/deploy.lock"
    # A deploy that was cut off has left it; the release's own name for it stays.
    [ ! -e "$N/output~" ] || mv -T -- "$N/output~" "$N/output" || end failed
    rm -rf -- "$K"
    mkdir -- "$K" "$K/run" || end failed
    WSGI_RUN=$K/run
    export WSGI_RUN
    was=$(readlink -- "$CURRENT" 2>/dev/null)
    was_venv=$(readlink -- "$VENV" 2>/dev/null)
    found=${was##*/}
    # A deploy that was cut off after its switch has proved nothing: what served before it is what
    # there is to go back to.
    if [ -s "$N/switching" ]; then
        { read -r was && read -r was_venv; } <"$N/switching"
        switched=1
    fi
}

# Nobody else has deployed since the releases were looked at.
still() { [ "$found" = "$1" ] || end drifted; }

# Nobody has made a release of this name.
unused() { [ ! -e "$NEW" ] && [ ! -e "$N/releases/$ID/about" ] || end drifted; }

# Several hosts: each waits until all have come so far. Whoever tells it to go on says every ten
# seconds that they are there; without them nothing is left half-way.
stands() { # how far
    [ -z "$broken$stopped" ] || return 0
    ev stands "$1"
    word=.
    while [ "$word" = . ] && [ -z "$stopped" ]; do
        # A read of the shell takes no more than its line.
        word=$(timeout --foreground 60 /bin/sh -c 'IFS= read -r word && printf %s "$word"' <&7 9>&-)
    done
    [ "$word" = on ] || stopped=1
}

# --- before anything is switched

# A release made of what the last one has and of what has arrived, under another name until it is
# whole. All of it is the app's: so its user makes it.
assemble() { # base gone archive added whole
    assembled=$K/index again="deploy again with --full"
    of_app /bin/sh -c 'umask 022; cd / && rm -rf -- "$1" && mkdir -- "$1"' sh "$RELEASES/.$ID" || return
    if [ -n "$1" ]; then
        awk 'FILENAME == ARGV[1] { gone[$0]; next } !(substr($0, 67) in gone)' "$K/$2" "$N/releases/$1/index" \
            >"$assembled" && cut -c67- "$assembled" | tr '\n' '\0' >"$K/copied" || return
        of_app /bin/sh -c 'cd -- "$1" && xargs -0 -r cp -a --parents --reflink=auto -t "$2" --' \
            sh "$RELEASES/$1" "$RELEASES/.$ID" <"$K/copied" || {
            echo "files of $1 are not there any more: $again"
            return 1
        }
    fi
    # nginx hands out static files of the release, as another user. By their size and time it tells a
    # visitor who has one of them whether it is another one now; and so does collectstatic.
    of_app /bin/sh -c 'umask 022; exec tar -xzmf - --no-same-owner -C "$1"' sh "$RELEASES/.$ID" <"$K/$3" || return
    cat -- "$K/$4" >>"$assembled" && LC_ALL=C sort -o "$assembled" -- "$assembled" || return
    printf '%s  %s\n' "$5" "$assembled" | sha256sum -c --status - || {
        echo "what is known of the files of $1 is not what it was: $again"
        return 1
    }
    of_app /bin/sh -c 'cd -- "$1" && sha256sum -c --quiet -' sh "$RELEASES/.$ID" <"$assembled" || {
        echo "files of $1 are not as they were deployed: $again"
        return 1
    }
    mkdir -p -- "$N/releases/$ID" && cp -- "$assembled" "$N/releases/$ID/index"
}

# A release of what the host has fetched. Whoever deploys has not seen its files: what they are is
# noted, so that the next one is told.
check_out() { # commit
    of_app /bin/sh -c 'umask 022
cd / && rm -rf -- "$1" "$1.tar" && mkdir -- "$1" && git --git-dir="$2/bare" archive --format=tar -o "$1.tar" "$3" &&
    tar -xmf "$1.tar" -C "$1" && rm -- "$1.tar"' sh "$RELEASES/.$ID" "$COPY" "$1" || return
    mkdir -p -- "$N/releases/$ID" &&
        of_app /bin/sh -c 'cd -- "$1" && find . -type f -printf "%P\\0" | xargs -0 -r sha256sum -- | LC_ALL=C sort' \
            sh "$RELEASES/.$ID" >"$N/releases/$ID/index"
}

# What outlives releases is linked from where it is kept. The first release brings it there.
shared() { # path…
    for path; do
        of_app /bin/sh -c '
umask 022
release=$1/$3 kept=$2/$3
mkdir -p -- "${release%/*}" "${kept%/*}" || exit
if [ -e "$release" ] || [ -L "$release" ]; then
    if [ -e "$kept" ] || [ -L "$kept" ]; then rm -rf -- "$release"; else mv -T -- "$release" "$kept"; fi || exit
fi
[ -e "$kept" ] || [ -L "$kept" ] || echo "$kept is not there yet"
ln -s -- "$kept" "$release"' sh "$RELEASES/.$ID" "$HOME_/shared" "$path" || return
    done
}

complete() {
    sync -f -- "$RELEASES/.$ID" && of_app mv -T -- "$RELEASES/.$ID" "$NEW"
}

# A virtualenv for each set of requirements; one that is not marked whole is made anew.
virtualenv_of() { # key kind lock-file requirement…
    P_=$VENVS/$1
    [ ! -f "$P_/.whole" ] || return 0
    kind=$2 lock=$3
    shift 3
    [ -d "$VENVS" ] || { mkdir -m 755 -- "$VENVS" && chown -h -- "$USER_:$GROUP_" "$VENVS"; } || return
    of_app rm -rf -- "$P_"
    venv_user=$USER_ venv_home=$HOME_
    make_venv "$P_" && install "$P_" "$kind" "$lock" "$@" && familiar "$P_" && of_app touch -- "$P_/.whole"
}

# Under the names that scripts of the app's users know.
familiar() {
    of_app ln -sfn -- "$START" "$1/bin/gunicorn_start" && of_app ln -sfn -- "${START%/*}/env" "$1/bin/postactivate"
}

make_venv() {
    if [ -n "$UV" ]; then as_builder uv venv --quiet --python /usr/bin/python3 --seed "$1"; else
        as_builder /usr/bin/python3 -I -m venv "$1"
    fi
}

# As pip does, uv trusts whom the host trusts.
as_builder() {
    follow env -i HOME="$HOME_" USER="$USER_" PATH=/usr/local/bin:/usr/bin:/bin LC_ALL=C.UTF-8 \
        ${http_proxy+http_proxy="$http_proxy"} ${https_proxy+https_proxy="$https_proxy"} \
        ${no_proxy+no_proxy="$no_proxy"} VIRTUAL_ENV="$P_" UV_PROJECT_ENVIRONMENT="$P_" UV_NATIVE_TLS=1 \
        POETRY_VIRTUALENVS_CREATE=false PIP_DISABLE_PIP_VERSION_CHECK=1 \
        setpriv --reuid "$USER_" --regid "$GROUP_" --init-groups -- "$@"
}

# What it is told may name files of the release, as they are seen from there.
pip() {
    pip_venv=$1
    shift
    if [ -n "$UV" ]; then
        as_builder env -C "$NEW" uv pip install --quiet --python "$pip_venv/bin/python" "$@"
    else
        as_builder env -C "$NEW" "$pip_venv/bin/python" -I -m pip install --quiet --no-input "$@"
    fi
}

# A tool that a lock file needs, in a virtualenv of its own: it is no package of the app's.
tool() {
    command -v "$1" 2>/dev/null && return
    if [ ! -x "$VENVS/.$1/bin/$1" ]; then
        as_builder /usr/bin/python3 -I -m venv "$VENVS/.$1" >&2 &&
            as_builder "$VENVS/.$1/bin/python" -I -m pip install --quiet --no-input "$1" >&2 || return
    fi
    printf '%s\n' "$VENVS/.$1/bin/$1"
}

install() { # virtualenv kind lock-file requirement…
    install_venv=$1 install_kind=$2 install_lock=$3
    shift 3
    case $install_kind in
    requirements) pip "$install_venv" -r "$install_lock" || return ;;
    uv) program=$(tool uv) && as_builder "$program" sync --quiet --frozen --no-dev --no-install-project \
        --project "$NEW" --python "$install_venv/bin/python" --active || return ;;
    poetry) program=$(tool poetry) && as_builder "$program" install --quiet --no-interaction --only main \
        --no-root --project "$NEW" || return ;;
    project) pip "$install_venv" "$NEW" || return ;;
    esac
    [ $# = 0 ] || pip "$install_venv" "$@"
}

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

# --- the switch

# What stands there as a directory becomes the first release, or the first virtualenv: it is what a
# deploy that fails goes back to.
adopted() {
    if [ -d "$VENV" ] && [ ! -L "$VENV" ]; then
        was_venv=$VENVS/adopted-$ID
        as root /usr/bin/python3 -I -S -c "$MOVE" "$VENV" "$was_venv" || return
        of_app touch -- "$was_venv/.whole" || return
    fi
    if [ -d "$CURRENT" ] && [ ! -L "$CURRENT" ]; then
        first=$(date -u -r "$CURRENT" +%Y%m%dT%H%M%SZ)-adopted
        while [ -e "$RELEASES/$first" ]; do first=$first-too; done
        of_app /usr/bin/python3 -I -S -c "$MOVE" "$CURRENT" "$RELEASES/$first" || return
        was=$RELEASES/$first
        mkdir -p -- "$N/releases/$first" && printf '%s\n' outcome=good "number=$(number_of "$first")" "venv=${was_venv##*/}" \
            revision=adopted operator= "began=$(date -r "$was" +%s)" seconds=0 >"$N/releases/$first/about" || return
        echo "$CURRENT was a directory: it is the release $first now"
    fi
}

switch_to() { # release virtualenv
    release_link=$1
    take_venv "$2" || return
    of_app /bin/sh -c 'ln -sfn -- "$1" "$2.wsgi~" && mv -T -- "$2.wsgi~" "$2" && sync -- "${2%/*}"' sh "$release_link" "$CURRENT"
}

take_venv() { # virtualenv
    [ -z "$1" ] ||
        { ln -sfn -- "$1" "$VENV.wsgi~" && mv -T -- "$VENV.wsgi~" "$VENV" && sync -- "${VENV%/*}"; }
}

exchange() {
    APP_LOG_WAS=$(of_app stat -c %s -- "$APP_LOG" 2>/dev/null)
    PROGRAM_LOG_WAS=$(stat -c %s -- "$PROGRAM_LOG" 2>/dev/null)
    status=0
    follow_app "$START" --exchange || status=$?
    case $status in
    0) return 0 ;;
    7)
        echo "the program does not run: it is started"
        start_program && return
        ;;
    esac
    logged
    return 1
}

# What the app has logged since the exchange began: there it says why it does not serve. What it
# prints reaches the other log. A log may have been rotated meanwhile.
logged() {
    of_app tail -c "+$((${APP_LOG_WAS:-0} + 1))" -- "$APP_LOG" 2>/dev/null | tail -n 30
    tail -c "+$((${PROGRAM_LOG_WAS:-0} + 1))" -- "$PROGRAM_LOG" 2>/dev/null | tail -n 5
}

# Through nginx, as visitors come.
verify() {
    [ -n "$PORT" ] || return 0
    if [ -e "$MAINTENANCE" ]; then
        echo "visitors get the maintenance page: nothing is asked through nginx"
        return 0
    fi
    verify_said=$(run /usr/bin/python3 -I -S -c "$ASK" "$SCHEME" "$PORT" "$HOST" "$HEALTH" "$LOW" "$HIGH" "$WAIT" 0 \
        "$SCHEME") && return
    logged
    printf '%s\n' "$verify_said"
    return 1
}

go_over() { # release virtualenv
    adopted || return
    printf '%s\n' "$was" "$was_venv" >"$N/switching~" && sync -- "$N/switching~" &&
        mv -T -- "$N/switching~" "$N/switching" && sync -- "$N" || return
    switched=1
    switch_to "$1" "$2"
}

# The old release serves again.
go_back() {
    if [ -z "$switched" ]; then
        [ -d "$CURRENT" ] || ev nothing
        return
    fi
    ev returning
    if [ -n "$was" ]; then
        switch_to "$was" "$was_venv" && exchange && verify && rm -f -- "$N/switching" && ev returned "${was##*/}" &&
            return
    else
        echo "there is no earlier release to go back to"
        # What runs is of the release that failed; the program waits for another.
        of_app rm -f -- "$CURRENT" && take_venv "$was_venv" && start_program && rm -f -- "$N/switching"
        return
    fi
    ev unreturned "${was##*/}"
}

# --- after it

# What is known of a release, for root alone.
about() { # outcome
    mkdir -p -- "$N/releases/$ID" && printf '%s\n' "outcome=$1" "number=$(number_of "$ID")" "venv=$KEY" \
        "revision=$REVISION" "operator=$OPERATOR" "began=$began" "seconds=$(($(date +%s) - began))" >"$N/releases/$ID/about~" &&
        mv -T -- "$N/releases/$ID/about~" "$N/releases/$ID/about"
}

log_line() { # what outcome
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$(date -u '+%Y-%m-%dT%H:%M:%SZ')" "$1" "$ID" "$REVISION" "$OPERATOR" "$2" \
        "$(($(date +%s) - began))" >>"$N/log" && sync -- "$N/log"
}

# A release's place in the order in which they came here: names follow the clocks of those who deploy, of
# which one may be slow. Who comes back keeps it.
number_of() { # release
    set +f
    sed -n 's/^number=//p' "$N/releases/$1/about" 2>/dev/null | grep . ||
        echo $(($(sed -n 's/^number=//p' "$N"/releases/*/about 2>/dev/null | sort -n | tail -n 1) + 1))
    set -f
}

newest_first() {
    awk -F= 'FNR == 1 { number[FILENAME] = 0 } $1 == "number" { number[FILENAME] = $2 }
        END { for (about in number) print number[about], about }' "$N"/releases/*/about | sort -k 1,1rn -k 2,2r | cut -d ' ' -f 2
}

# Keeps the newest good releases, the one that runs, the one before it and what was found here, which
# may have answers under way, and two that failed, to look at. A virtualenv stays as long as one of them needs it.
prune() { # how many
    running=$(readlink -- "$CURRENT") running=${running##*/}
    keep=" $running ${was##*/} $found "
    kept=0 kept_failed=0
    set +f
    for about in $(newest_first); do
        set -f
        [ -f "$about" ] || continue
        id=${about%/about} id=${id##*/}
        if grep -qx outcome=good "$about"; then
            kept=$((kept + 1))
            [ "$kept" -gt "$1" ] || keep="$keep$id "
        else
            kept_failed=$((kept_failed + 1))
            [ "$kept_failed" -gt 2 ] || keep="$keep$id "
        fi
        case $keep in *" $id "*) continue ;; esac
        of_app rm -rf -- "$RELEASES/$id" "$RELEASES/failed-$id" && rm -rf -- "$N/releases/$id" && echo "removed $id"
    done
    # What a deploy that was cut off has left.
    set +f
    for known in "$N"/releases/*; do
        set -f
        id=${known##*/}
        case $keep in *" $id "*) continue ;; esac
        [ -f "$known/about" ] || [ ! -d "$known" ] || { of_app rm -rf -- "$RELEASES/$id" && rm -rf -- "$known"; }
    done
    set +f
    # One that could not be made whole is of no use to anybody.
    for venv in "$VENVS"/*; do
        key=${venv##*/}
        [ -d "$venv" ] || continue
        [ "$venv" != "$(readlink -- "$VENV")" ] || continue
        [ -f "$venv/.whole" ] && grep -qx "venv=$key" "$N"/releases/*/about 2>/dev/null || { of_app rm -rf -- "$venv" && echo "removed the virtualenv $key"; }
    done
    for left in "$RELEASES"/.20*-*; do
        [ ! -d "$left" ] || of_app rm -rf -- "$left"
    done
    set -f
}

# All that is printed, also what tee(1) has not written yet, and of which steps it speaks.
kept_said() {
    printf '%s\n' "$STEPS" >"$N/releases/$ID/steps"
    ln -f -- "$N/output~" "$N/releases/$ID/output"
}

# It ended well, or everything is as it was and the reason is kept.
deployed() { # verb how-many
    probe_ends
    if [ -z "$failed$stopped" ]; then
        about good
        [ "$1" != deploy ] || kept_said
        rm -f -- "$N/switching"
        log_line "$1" good
        [ -z "$2" ] || prune "$2"
        rm -rf -- "$K"
        end done
    fi
    trap : INT TERM
    go_back
    if [ "$1" = deploy ]; then
        about failed
        kept_said
        of_app rm -rf -- "$RELEASES/.$ID"
        # One that has served may have answers under way, for which it needs its files.
        [ -n "$switched" ] || [ ! -d "$NEW" ] || of_app mv -T -- "$NEW" "$RELEASES/failed-$ID"
    fi
    log_line "$1" failed
    [ -z "$2" ] || prune "$2" >/dev/null
    rm -rf -- "$K"
    [ -z "$stopped" ] || end ended
    end failed
}
