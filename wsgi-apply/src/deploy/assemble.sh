# shellcheck shell=sh disable=SC1007,SC1010,SC2015,SC2016,SC2034,SC2153,SC2154
# Makes a release and its virtualenv, beside those that serve. A part of deploy.sh.

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
