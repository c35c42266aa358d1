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
