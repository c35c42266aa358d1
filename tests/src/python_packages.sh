# shellcheck shell=sh
#
# Makes a directory with wheels and a virtualenv of them, once for all tests.
#
# Arguments: the directory, a file of requirements.
set -eu
directory=$1 requirements=$2

# An interrupted run leaves a directory without this.
[ -e "$directory/complete" ] && exit 0

rm -rf -- "$directory"
mkdir -p -- "$directory/wheels"
# Debian's, as on the hosts that the product is for; a person may have others before it in PATH.
/usr/bin/python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" wheel --quiet --no-deps --wheel-dir="$directory/wheels" \
    --requirement="$requirements"
"$directory/venv/bin/pip" install --quiet --no-index --find-links="$directory/wheels" \
    --requirement="$requirements"
tar --directory="$directory/venv" --create --file="$directory/venv.tar" .
: >"$directory/complete"
