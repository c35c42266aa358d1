# shellcheck shell=sh disable=SC2016,SC2154
# Fetches a revision of a repository into a copy that the host keeps, as the app's user and with what
# that one has to log in with. Says which commit it is, and what of it matters before it is deployed.
#
# Given, besides what survey.sh takes: $URL, $REVISION, $COPY.
rec "$M"
command -v git >/dev/null 2>&1 || {
    rec nogit
    rec "$M-end"
    exit 0
}

# Nobody can be asked, so that ssh(1) refuses a server that it does not know: unless the user's own
# configuration says otherwise. Nothing of whoever deploys is there, no agent either.
said=$(cd / && env -i HOME="$HOME_" USER="$USER_" PATH=/usr/local/bin:/usr/bin:/bin LC_ALL=C.UTF-8 \
    ${http_proxy+http_proxy="$http_proxy"} ${https_proxy+https_proxy="$https_proxy"} \
    ${no_proxy+no_proxy="$no_proxy"} GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=/bin/false \
    GIT_ALLOW_PROTOCOL=https:http:ssh:git GIT_SSH_COMMAND='ssh -o BatchMode=yes -o ForwardAgent=no' \
    setpriv --reuid "$USER_" --regid "$GROUP_" --init-groups -- timeout -k 9 1800 /bin/sh -c '
umask 022
url=$1 revision=$2 copy=$3
mkdir -p -- "$copy" && exec 9>>"$copy/lock" && flock 9 || exit
GIT_DIR=$copy/bare
export GIT_DIR
[ -d "$GIT_DIR" ] || git init --quiet --bare "$GIT_DIR" || exit
fetch() { git -c gc.autoDetach=false fetch --quiet --force --no-tags --no-recurse-submodules "$@"; }
# Servers hand out branches and tags by name, and commits if they want to. Of anything else, such as
# the first letters of a commit, all is needed.
first=$(fetch --depth=1 -- "$url" "+$revision:refs/deploy" 2>&1) || {
    whole=
    [ "$(git rev-parse --is-shallow-repository)" = false ] || whole=--unshallow
    all=$(fetch $whole -- "$url" "+refs/heads/*:refs/heads/*" "+refs/tags/*:refs/tags/*" 2>&1) || {
        printf "%s\n" "$all"
        exit 1
    }
    git update-ref refs/deploy "$(git rev-parse --verify --quiet "$revision^{commit}")" 2>/dev/null || {
        printf "%s\n" "$first"
        exit 1
    }
}
git rev-parse --verify "refs/deploy^{commit}"' sh "$URL" "$REVISION" "$COPY" 2>&1 </dev/null) || {
    rec refused "$said"
    rec "$M-end"
    exit 0
}
commit=$(printf '%s\n' "$said" | tail -n 1)
rec commit "$commit"

of_copy() { as "$USER_" git --git-dir="$COPY/bare" "$@"; }
# What names a virtualenv; and submodules, which git-archive(1) leaves empty.
of_copy -c core.quotePath=false ls-tree -r "$commit" | while IFS="$T" read -r about path; do
    case $about in 160000*)
        rec submodule "$path"
        continue
        ;;
    esac
    # Of a lock file, only what it says of directories of the project is of use.
    case $path in
    pyproject.toml) lines='^$' ;;
    uv.lock | poetry.lock) lines='^(source = [{] (editable|directory)|type = "directory")' ;;
    *requirements* | *constraints*) lines='^[^[:space:]]' ;;
    *) continue ;;
    esac
    blob=${about##* }
    hash=$(of_copy cat-file blob "$blob" | sha256sum)
    rec file "${hash%% *}" "$path" "$(of_copy cat-file blob "$blob" | grep -aE -- "$lines" | tr -d '\0')"
done
rec "$M-end"
