# shellcheck shell=sh disable=SC1007,SC2034,SC2086
# What stands at the paths in $P, on stdout: records that end in a NUL. The program that observes and
# the one that performs both run this, and compare the hash of what it prints.
#
# Given: $R, what stands for `/`; $A, apps: name, user, group, virtualenv; $P, paths, one a line; $X,
# those of them whose contents do not matter.
LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
unset -v CDPATH ENV BASH_ENV GREP_OPTIONS POSIXLY_CORRECT TAR_OPTIONS TZ
umask 077
cd /
T='	'
# Fields are joined by the first letter of it; no path has a tab or a line feed.
IFS="$T
"
set -f
# In a directory that stands for a host, nobody can own what its users will own. Elsewhere we are
# root: that is not asked, since without an answer root would do the work of users.
root=
[ -n "$R" ] || root=1

S=$R/var/lib/wsgi
G= APP_USERS= APP_GROUPS=
while IFS="$T" read -r app user group venv; do
    G="$G$app
" APP_USERS="$APP_USERS$user
" APP_GROUPS="$APP_GROUPS$group
"
done <<END
$A
END

rec() { printf '%s\0' "$*"; }

# The groups of those who mostly read: asked of the system once, not for each file.
KNOWN=
[ -z "$root" ] || KNOWN="
$(getent passwd nobody $APP_USERS | cut -d: -f1,4)
"
group_of() {
    case $KNOWN in
    *"
$1:"*)
        group=${KNOWN#*"
$1:"}
        echo "${group%%"
"*}"
        ;;
    *) id -g -- "$1" 2>/dev/null ;;
    esac
}

# Runs a program as a user: nobody else's files can be reached through a link of theirs. The user can
# stop it, so it gets five minutes.
as() {
    as_user=$1
    shift
    if [ "$as_user" = root ] || [ -z "$root" ]; then
        "$@"
    elif as_group=$(group_of "$as_user"); then
        timeout -k 9 300 setpriv --reuid "$as_user" --regid "$as_group" --init-groups -- "$@"
    else
        # Files may be of an id that is no user's any more.
        case $as_user in *[!0-9]*) return 1 ;; esac
        timeout -k 9 300 setpriv --reuid "$as_user" --regid nogroup --clear-groups -- "$@"
    fi
}

# What a user's program prints, without being kept waiting by what it leaves behind.
told_by() { # user command…
    as "$@" 2>/dev/null 9>&- | timeout 310 head -c 1048576
}

# Hands the lines of stdin to a program as its arguments.
args() { xargs -d '\n' -r "$@"; }

# Adds what the apps' manifests name.
widen() {
    set --
    for app in $G; do
        for file in "$S/$app/manifest" "$S/$app/intent"; do
            [ ! -r "$file" ] || set -- "$@" "$file"
        done
    done
    [ $# = 0 ] || P="$P
$(sed -n "s|^{\"path\":\"\([^\"]*\)\".*|$R\1|p" "$@")" X="$X
$(sed -n "s|^{\"path\":\"\([^\"]*\)\",\"kind\":\"kept\".*|$R\1|p" "$@")"
    P=$(printf '%s\n' "$P" | awk '$0 != "" && !($0 in seen) { seen[$0]; print }')
}

nodes() {
    printf '%s\n' "$P" | args sh -c 'exec find "$@" -maxdepth 0 \( -type f -printf \
"node\t%y\t%m\t%U\t%u\t%g\t%n\t%p\t\0" -o -printf "node\t%y\t%m\t%U\t%u\t%g\t-\t%p\t%l\0" \)' sh
}

# Who reads each of the files on stdin (owner, path): the first on the way to it who could put a link
# in its place, since root would follow that, and else its owner.
readers() {
    F=$(cat)
    D=$(printf '%s\n' "$F" | awk -F'\t' '{ p = $2; while (sub("/[^/]*$", "", p) && p != "" && !(p in seen)) { seen[p]; print p } }' |
        args sh -c 'exec find -L "$@" -maxdepth 0 -printf "%u\t%g\t%m\t%p\n"' sh 2>/dev/null)
    { printf '%s\n' "$D"; echo; printf '%s\n' "$F"; } | awk -F'\t' '
        !past && $0 == "" { past = 1; next }
        !past {
            if ($1 != "root") holder[$4] = $1
            else if ($3 ~ /[2367]$/ || $3 ~ /[2367].$/ && $2 !~ /^(root|adm|staff|syslog|mail)$/) holder[$4] = "nobody"
            next
        }
        $2 != "" {
            n = split($2, names, "/"); dir = ""; reader = $1
            for (i = 2; i < n; i++) { dir = dir "/" names[i]; if (dir in holder) { reader = holder[dir]; break } }
            print reader "\t" $2
        }'
}

# A file may have been replaced by a pipe, which never ends, since find looked at it.
hashes() {
    N=
    F=$(printf '%s\n' "$P" | args sh -c 'exec find "$@" -maxdepth 0 -type f -printf "%u\t%p\n"' sh 2>/dev/null)
    F=$({ printf '%s\n' "$X"; echo; printf '%s\n' "$F"; } |
        awk -F'\t' '!past { if ($0 == "") past = 1; else skip[$0]; next } !($2 in skip)' | readers)
    for u in $(printf '%s\n' "$F" | cut -f1 | sort -u); do
        f=$(printf '%s\n' "$F" | awk -F'\t' -v u="$u" '$1 == u { print $2 }')
        h=$(printf '%s\n' "$f" | told_by "$u" xargs -d '\n' -r timeout 20 sha256sum --)
        # Of what was asked, whatever that user's program says.
        h=$({ printf '%s\n' "$f"; echo; printf '%s\n' "$h"; } |
            awk '!past { if ($0 == "") past = 1; else asked[$0]; next } substr($0, 67) in asked')
        rec hash "$h"
        N="$N$h
"
    done
}

# find says in words what is missing; any other message is a fault. What was found and what is missing
# are together what was asked for.
state() {
    { nodes 2>&1 >&3 | {
        missing=0 faults=
        while IFS= read -r said; do
            case $said in
            *': No such file or directory' | *': Not a directory') missing=$((missing + 1)) ;;
            *) faults="$faults$said. " ;;
            esac
        done
        rec missing "$missing"
        [ -z "$faults" ] || rec fault "$faults"
    } >&3; } 3>&1
    hashes
}
