# shellcheck shell=sh disable=SC1007,SC1010,SC2015,SC2030,SC2031,SC2016,SC2115,SC2154,SC2034
# What perform.sh does with paths: nobody sees half a file, and nobody leads root astray.

# --- one path

above() { case ${1%/*} in '') echo / ;; *) printf '%s\n' "${1%/*}" ;; esac }

aside() { printf '%s/.%s.wsgi~' "${1%/*}" "${1##*/}"; }

# What is beside its place is listed, so that nothing is left of a run that did not end.
put_aside() { # path
    a=$(aside "$1")
    printf '%s\n' "$a" >>"$H/asides" && rm -rf -- "$a"
}

tidy() {
    [ ! -s "$H/asides" ] || args rm -rf -- <"$H/asides"
    rm -f -- "$H/asides"
}

parents() {
    parent=$(above "$1")
    [ -d "$parent" ] || (umask 022 && mkdir -p -- "$parent")
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

# A file beside its place, private until it is whole.
prepare() { # step actor path mode owner blob
    [ "$2" = root ] || return 0
    part "$1" beside "$3" "$4" "$5" "$6"
    prepared="$prepared$(aside "$3")
"
}

beside() { # path mode owner blob
    parents "$1" && put_aside "$1" || return
    (set -C && cat -- "$H/stage/$4" >"$a") && cmp -- "$H/stage/$4" "$a" && own "$3" "$a" && chmod "$2" -- "$a" && return
    echo "$1 cannot be written"
    return 1
}

# A check of a file that is prepared.
checked() { # step command…
    part "$1" checks "$@"
}
checks() {
    shift
    run "$@"
}

# Prepared files reach the disk before their names do, and what they replace is kept until then.
settle() { # step set
    U=$H/undo/$2
    [ -z "$prepared" ] || part "$1" synced
    [ -z "$2" ] || part "$1" hold
    [ -z "$broken" ] || tidy
}
synced() { printf '%s' "$prepared" | args sync --; }
hold() { find "$U" "$H/undo" \( -type f -o -type d \) -exec sync -- {} +; }

file() { # actor path mode owner blob hash
    if [ "$1" != root ]; then
        there "$1" file "$2" "$3" "$(aside "$2")" "$6" <"$H/stage/$5"
        return
    fi
    mv -T -- "$(aside "$2")" "$2" && sync -- "$(above "$2")"
}

link() { # actor path owner target
    if [ "$1" != root ]; then
        there "$1" link "$2" - "$(aside "$2")" "$4" </dev/null
        return
    fi
    parents "$2" && put_aside "$2" && ln -s -- "$4" "$a" && own "$3" "$a" && mv -T -- "$a" "$2" &&
        sync -- "$(above "$2")"
}

absent() { # actor path
    if [ "$1" != root ]; then
        there "$1" absent "$2" - - </dev/null
        return
    fi
    if [ -d "$2" ] && [ ! -L "$2" ]; then
        rmdir -- "$2" 2>/dev/null || echo "$2 is not empty: left"
    else
        rm -f -- "$2" && sync -- "$(above "$2")"
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

# --- a set of files that one check is about

# What stands there now, unless an earlier run that did not end has kept what was there before it.
keep() { # set step path
    U=$H/undo/$1
    part "$2" kept "$3"
}
kept() {
    mkdir -p -- "$U" && touch -- "$U/list" || return
    ! cut -f2 -- "$U/list" | grep -qxF -- "$1" || return 0
    n=-
    if [ -e "$1" ] || [ -L "$1" ]; then
        n=$(wc -l <"$U/list")
        rm -rf -- "$U/$n" && cp -a -T -- "$1" "$U/$n" || return
    fi
    printf '%s\t%s\n' "$n" "$1" >>"$U/list"
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
        differs "$U/$n" "$path" || continue
        if put_back "$n" "$path"; then ev back "$path"; else
            lost=1
            echo "$path could not be put back: what was there is $U/$n"
        fi
    done <"$U/list"
    # Also the next run can put it back.
    [ -n "$lost" ] || rm -rf -- "$U"
}

differs() { # kept path
    if [ "${1##*/}" = - ]; then
        [ -e "$2" ] || [ -L "$2" ]
        return
    fi
    [ "$(find "$1" "$2" -maxdepth 0 -printf '%y %m %U %G %l\n' | uniq | wc -l)" != 1 ] || { [ ! -d "$1" ] && [ ! -L "$1" ] && ! cmp -s -- "$1" "$2"; }
}

put_back() { # number path
    if [ "$1" = - ]; then
        if [ -d "$2" ] && [ ! -L "$2" ]; then rmdir -- "$2"; else rm -f -- "$2"; fi
    elif [ -d "$2" ] && [ ! -L "$2" ]; then
        chown --reference="$U/$1" -- "$2" && chmod --reference="$U/$1" -- "$2"
    else
        put_aside "$2" && cp -a -T -- "$U/$1" "$a" && { [ -L "$a" ] || sync -- "$a"; } && mv -T -- "$a" "$2"
    fi && sync -- "$(above "$2")"
}

# Without what was done so far, nothing else makes sense.
essential() { [ -z "$broken$stopped" ] || performed; }

# The next set, whatever became of this one.
next() { broken= prepared=; }
