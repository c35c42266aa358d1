# shellcheck shell=sh
#
# Gives one rendered entry after another its place, owner and mode.
#
# Arguments: the directory with the rendered files, then six words for each entry:
# KIND PATH MODE OWNER GROUP TARGET.
set -eu
umask 077
staged=$1
shift

account() {
    getent group "$2" >/dev/null || groupadd --system -- "$2"
    getent passwd "$1" >/dev/null && return
    if getent group "$1" >/dev/null; then
        useradd --gid "$1" --no-create-home --shell /bin/bash -- "$1"
    else
        useradd --user-group --no-create-home --shell /bin/bash -- "$1"
    fi
}

while [ $# -ge 6 ]; do
    kind=$1 path=$2 mode=$3 owner=$4 group=$5 target=$6
    shift 6
    [ "$kind" = absent ] || (umask 022 && mkdir -p -- "$(dirname -- "$path")")
    case $kind in
        absent)
            rm -f -- "$path"
            ;;
        directory)
            account "$owner" "$group"
            mkdir -p -- "$path"
            chown -- "$owner:$group" "$path"
            chmod -- "$mode" "$path"
            ;;
        file)
            account "$owner" "$group"
            rm -f -- "$path"
            cp -- "$staged$path" "$path"
            chown -- "$owner:$group" "$path"
            chmod -- "$mode" "$path"
            ;;
        symlink)
            account "$owner" "$group"
            ln -sfn -- "$target" "$path"
            chown -h -- "$owner:$group" "$path"
            ;;
        *)
            printf 'wsgi-tests: no such kind of entry: %s\n' "$kind" >&2
            exit 1
            ;;
    esac
done
