# What stands at the paths in $P, on stdout: records that end in a NUL. The program that observes and
# the one that performs both run this, and compare the hash of what it prints.
#
# Given: $R, what stands for `/`; $A, apps: name, user, group, virtualenv; $P, paths, one a line; $X,
# those of them whose contents do not matter.
LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
unset -v CDPATH ENV BASH_ENV GREP_OPTIONS POSIXLY_CORRECT TZ
umask 077
cd /
T='	'
# Fields are joined by the first letter of it; no path has a tab or a line feed.
IFS="$T
"
set -f
# In a directory that stands for a host, nobody can own what its users will own.
root=
[ -n "$R" ] || [ "$(id -u)" != 0 ] || root=1

S=$R/var/lib/wsgi
G=$(printf '%s\n' "$A" | cut -f1)

rec() { printf '%s\0' "$*"; }

# Runs a program as a user: nobody else's files can be reached through a link of theirs.
as() {
    as_user=$1
    shift
    if [ "$as_user" = root ] || [ -z "$root" ]; then
        "$@"
    elif as_group=$(id -g -- "$as_user" 2>/dev/null); then
        setpriv --reuid "$as_user" --regid "$as_group" --init-groups -- "$@"
    else
        setpriv --reuid "$as_user" --regid nogroup --clear-groups -- "$@"
    fi
}

# Hands the lines of stdin to a program as its arguments.
args() { tr '\n' '\0' | xargs -0 -r "$@"; }

# Adds what the apps' manifests name.
widen() {
    for app in $G; do
        for file in "$S/$app/manifest" "$S/$app/intent"; do
            [ -r "$file" ] || continue
            P="$P
$(sed -n "s|^{\"path\":\"\([^\"]*\)\".*|$R\1|p" "$file")"
            X="$X
$(sed -n "s|^{\"path\":\"\([^\"]*\)\",\"kind\":\"kept\".*|$R\1|p" "$file")"
        done
    done
    P=$(printf '%s\n' "$P" | sort -u)
}

# find says in words what is missing; any other message is a fault.
nodes() {
    printf '%s\n' "$P" | args sh -c 'exec find "$@" -maxdepth 0 \( -type f -printf \
"node\t%y\t%m\t%U\t%u\t%g\t%n\t%p\t\0" -o -printf "node\t%y\t%m\t%U\t%u\t%g\t-\t%p\t%l\0" \)' sh
}

# Whoever owns a file reads it: its owner could have replaced it by a pipe, which never ends.
hashes() {
    H=
    F=$(printf '%s\n' "$P" | args sh -c 'exec find "$@" -maxdepth 0 -type f -printf "%u\t%p\n"' sh 2>/dev/null)
    F=$({ printf '%s\n' "$X"; echo; printf '%s\n' "$F"; } |
        awk -F'\t' '!past { if ($0 == "") past = 1; else skip[$0]; next } !($2 in skip)')
    for u in $(printf '%s\n' "$F" | cut -f1 | sort -u); do
        h=$(printf '%s\n' "$F" | awk -F'\t' -v u="$u" '$1 == u { print $2 }' |
            as "$u" sh -c 'tr "\n" "\0" | xargs -0 -r timeout 60 sha256sum --' 2>/dev/null)
        rec hash "$u" "$h"
        H="$H$h
"
    done
}

state() {
    { nodes 2>&1 >&3 | grep -v -e ': No such file or directory$' -e ': Not a directory$' |
        while IFS= read -r said; do rec fault "$said" >&3; done; } 3>&1
    hashes
}
