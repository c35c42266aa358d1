# shellcheck shell=sh disable=SC1007,SC1010,SC2015,SC2030,SC2031,SC2016,SC2115,SC2154,SC2034
# What perform.sh does with paths: nobody sees half a file, and nobody leads root astray.

# --- one path

above() { # path
    above=${1%/*}
    [ -n "$above" ] || above=/
}

aside() { # path
    aside=${1%/*}/.${1##*/}.wsgi~
}

# The shell does not say why it cannot write.
write() { tee "$@" >/dev/null; }

# What is beside its place is listed, so that nothing is left of a run that did not end.
put_aside() { # where
    printf '%s\n' "$1" | write -a "$H/asides" && rm -rf -- "$1"
}

# A line that was cut off, by a full disk say, may be the name of something else.
tidy() {
    [ ! -s "$H/asides" ] || grep '\.wsgi~$' "$H/asides" | args rm -rf --
    rm -f -- "$H/asides"
}

parents() { # path
    above "$1"
    [ -d "$above" ] || (umask 022 && mkdir -p -- "$above")
}

own() { [ -z "$root" ] || chown -h -- "$1" "$2"; }

# What a user does in a directory of theirs: nothing is reached through a link that the user's own
# hands could not reach. The user can stop and trace these processes, so they get nothing of ours but
# what they work with, and a time to end.
there() {
    there_user=$1 status=0
    shift
    as "$there_user" /bin/sh -c '
umask 077
cd /
do=$1 path=$2 mode=$3 aside=$4
parent=${path%/*}
[ -d "$parent/" ] || (umask 022 && mkdir -p -- "$parent") || exit
case $do in
directory) [ -d "$path" ] && [ ! -L "$path" ] || mkdir -- "$path" && chmod "$mode" -- "$path" ;;
file)
    rm -f -- "$aside" && set -C && cat >"$aside" && set +C &&
        [ "$(sha256sum <"$aside")" = "$5  -" ] && chmod "$mode" -- "$aside" && sync -- "$aside" &&
        mv -T -- "$aside" "$path" && sync -- "$parent/" || { rm -f -- "$aside"; exit 1; } ;;
link) rm -f -- "$aside" && ln -s -- "$5" "$aside" && mv -T -- "$aside" "$path" || { rm -f -- "$aside"; exit 1; } ;;
attributes) [ ! -L "$path" ] && chmod "$mode" -- "$path" ;;
absent) if [ -d "$path" ] && [ ! -L "$path" ]; then rmdir -- "$path" 2>/dev/null || :; else rm -f -- "$path"; fi ;;
esac' sh "$@" >"$H/stage/out" 2>&1 9>&- || status=$?
    head -c 4096 -- "$H/stage/out"
    [ $status != 124 ] && [ $status != 137 ] || echo "$there_user had five minutes for $2"
    return $status
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

# All of it in one go, for a user.
file() { # actor path mode blob hash
    aside "$2"
    there "$1" file "$2" "$3" "$aside" "$5" <"$H/stage/$4"
}

link() { # actor path owner target
    aside "$2"
    if [ "$1" != root ]; then
        there "$1" link "$2" - "$aside" "$4" </dev/null
        return
    fi
    parents "$2" && put_aside "$aside" && ln -s -- "$4" "$aside" && own "$3" "$aside" &&
        mv -T -- "$aside" "$2" && sync -- "$above"
}

absent() { # actor path
    if [ "$1" != root ]; then
        there "$1" absent "$2" - - </dev/null
        return
    fi
    if [ -d "$2" ] && [ ! -L "$2" ]; then
        rmdir -- "$2" 2>/dev/null || echo "$2 is not empty: left"
    else
        above "$2"
        rm -f -- "$2" && sync -- "$above"
    fi
}

# What was not ours is kept, readable by root alone.
backup() { # step actor path
    [ -n "${B-}" ] || B=$H/backup/$(date -u +%Y%m%dT%H%M%SZ).$$
    part "$1" back_up "$2" "$3"
    if [ -z "$broken$stopped" ]; then
        if [ -L "$3" ]; then ev backup "$B/attributes"; else ev backup "$B$3"; fi
    fi
}
back_up() { # actor path
    mkdir -p -- "$B${2%/*}" && find "$2" -maxdepth 0 -printf '%m %u:%g %p %l\n' >>"$B/attributes" || return
    [ -L "$2" ] || { as "$1" cat -- "$2" >"$B$2" 9>&- && sync -- "$B$2"; } || return
    sync -- "$B/attributes" "$B"
}

# --- a set of files

# What many files need is done by one process and not by some for each. $list says in each line the
# step, the path, and what else has to be known.

# A part of all these steps. That it failed is said of the one whose path is in its words.
batch() { # list command…
    [ -z "$broken$stopped" ] || return 0
    list=$1
    shift
    batch_said=$("$@" 2>&1) && return
    blame=
    while IFS="$T" read -r batch_step path _; do
        : "${blame:=$batch_step}"
        case "$batch_said " in *"$path"[\':\ ]* | *"${path%/*}/.wsgi~/${path##*/}"[\':\ ]*)
            blame=$batch_step
            break
            ;;
        esac
    done <<END
$list
END
    fail "$blame" "$batch_said"
}

# A field of each line.
field() { printf '%s\n' "$list" | cut -f "$1"; }

# Where files are before they take their places: all, or those that have this in that field.
beside() { # field value
    beside=$(printf '%s\n' "$list" | awk -F'\t' -v n="${1-1}" -v value="${2-}" \
        'value == "" || $n == value { path = $2; sub("/[^/]*$", "/.wsgi~&", path); print path }') && [ -n "$beside" ]
}

# Does it with all of them.
to_beside() { printf '%s\n' "$beside" | args "$@"; }

# Files in a directory beside their places, which is root's alone, until they are whole. The stage has
# directories of files that have their names already.
prepare() { # list (step path mode owner hash), directory, directory of the stage…
    prepared=$1
    batch "$1" copies "$@"
}
copies() {
    shift
    while [ $# != 0 ]; do
        parents "$1/" && put_aside "$1/.wsgi~" && mkdir -- "$1/.wsgi~" && cp -R -T -- "$H/stage/$2" "$1/.wsgi~" || {
            echo "$1 cannot be written"
            return 1
        }
        shift 2
    done
    sums=$(printf '%s\n' "$list" | awk -F'\t' '{ path = $2; sub("/[^/]*$", "/.wsgi~&", path); print $5 "  " path }') &&
        printf '%s\n' "$sums" | sha256sum -c --quiet || return
    owners=$(field 4 | sort -u) && modes=$(field 3 | sort -u) && [ -n "$owners" ] && [ -n "$modes" ] || return
    [ -z "$root" ] || for owner in $owners; do
        beside 4 "$owner" && to_beside chown -h -- "$owner" || return
    done
    for mode in $modes; do
        beside 3 "$mode" && to_beside chmod -- "$mode" || return
    done
}

# A check of files that are prepared, each of which is its last argument.
checked() { # list command…
    batch "$1" checks "$@"
}
checks() {
    shift
    beside || return
    case $beside in
    *"
"*)
        printf '%s\n' "$beside" | write "$H/stage/files" && run xargs -a "$H/stage/files" -d '\n' -n 1 -P 4 -- "$@"
        ;;
    *) run "$@" "$beside" ;;
    esac
}

# What stands there now, unless an earlier run that did not end has kept what was there before it.
keep() { # set list
    U=$H/undo/$1
    batch "$2" kept
}
kept() {
    mkdir -p -- "$U/was" && touch -- "$U/list" && before=$(cat -- "$U/list") && paths=$(field 2) &&
        paths=$(printf '%s\n' "$before" '' "$paths" |
            awk -F'\t' '$0 == "" { past = 1; next } !past { known[$2]; next } !($0 in known)') || return
    found=$(for path in $paths; do [ ! -e "$path" ] && [ ! -L "$path" ] || printf '%s\n' "$path"; done)
    [ -z "$found" ] || printf '%s\n' "$found" | args cp -a --remove-destination --parents -t "$U/was" -- || return
    {
        [ -z "$before" ] || printf '%s\n' "$before"
        for path in $paths; do
            if [ -e "$path" ] || [ -L "$path" ]; then n=was$path; else n=-; fi
            printf '%s\t%s\n' "$n" "$path"
        done
    } | write "$U/list~" && mv -T -- "$U/list~" "$U/list"
}

# Prepared files reach the disk before their names do, and what they replace is kept until then.
settle() { # step set
    U=$H/undo/$2
    [ -z "$prepared" ] || batch "$prepared" synced
    [ -z "$2" ] || part "$1" hold
    [ -z "$broken" ] || tidy
}
synced() { beside && to_beside sync --; }
hold() { find "$U" "$H/undo" \( -type f -o -type d \) -exec sync -- {} +; }

# Prepared files of a directory take their places, and others go. Whatever a program says of that:
# what is done is what can be seen.
together() { # take_place|vanish directory list
    [ -z "$broken$stopped" ] || return 0
    list=$3
    together_said=$("$1" "$2" 2>&1)
    together_step=
    for word in $list; do
        if [ -z "$together_step" ]; then
            together_step=$word
            continue
        fi
        left=$word
        [ "$1" = vanish ] || left=$2/.wsgi~/${word##*/}
        if [ -e "$left" ] || [ -L "$left" ]; then
            fail "$together_step" "$together_said"
            break
        fi
        pending="$pending$together_step
"
        together_step=
    done
    dirty="$dirty${2:-/}
"
}
take_place() {
    beside && to_beside mv -t "${1:-/}" -- 9>&-
    rmdir -- "$1/.wsgi~"
}
vanish() { field 2 | args rm -f -- 9>&-; }

# What was done with them reaches the disk, and then it is told.
reached() {
    [ -n "$pending" ] || return 0
    if reached_said=$({ printf '%s' "$dirty" | args sync --; } 2>&1); then
        for reached_step in $pending; do
            ev begin "$reached_step"
            ev done "$reached_step"
        done
    else
        fail "${pending%%"
"*}" "$reached_said"
    fi
    pending= dirty=
}

# The check holds, or everything goes back.
prove() { # set step command…
    U=$H/undo/$1 prove_step=$2
    shift 2
    [ -d "$U" ] || return 0
    if [ -z "$broken$stopped" ]; then
        part "$prove_step" run "$@"
        if [ -z "$broken" ]; then
            rm -rf -- "$U"
            return
        fi
    fi
    lost=
    while IFS="$T" read -r n path; do
        differs "$n" "$path" || continue
        if put_back "$n" "$path"; then ev back "$path"; else
            lost=1
            echo "$path could not be put back: what was there is $U/$n"
        fi
    done <"$U/list"
    # Also the next run can put it back.
    [ -n "$lost" ] || rm -rf -- "$U"
}

differs() { # kept path
    if [ "$1" = - ]; then
        [ -e "$2" ] || [ -L "$2" ]
        return
    fi
    set -- "$U/$1" "$2"
    [ "$(find "$1" "$2" -maxdepth 0 -printf '%y %m %U %G %l\n' | uniq | wc -l)" != 1 ] || { [ ! -d "$1" ] && [ ! -L "$1" ] && ! cmp -s -- "$1" "$2"; }
}

put_back() { # kept path
    above "$2"
    aside "$2"
    if [ "$1" = - ]; then
        if [ -d "$2" ] && [ ! -L "$2" ]; then rmdir -- "$2"; else rm -f -- "$2"; fi
    elif [ -d "$2" ] && [ ! -L "$2" ]; then
        chown --reference="$U/$1" -- "$2" && chmod --reference="$U/$1" -- "$2"
    else
        put_aside "$aside" && cp -a -T -- "$U/$1" "$aside" && { [ -L "$aside" ] || sync -- "$aside"; } &&
            mv -T -- "$aside" "$2"
    fi && sync -- "$above"
}

# Without what was done so far, nothing else makes sense.
essential() { [ -z "$broken$stopped" ] || performed; }

# The next set, whatever became of this one.
next() { broken= prepared=; }
