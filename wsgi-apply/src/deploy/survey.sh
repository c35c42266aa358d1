# shellcheck shell=sh disable=SC2154
# Prints what is known of an app's releases. Changes nothing.
#
# Given, besides what state.sh takes: $M, a word that nothing else prints; the app, its $USER_, its
# directories $RELEASES, $CURRENT, $VENV, $VENVS; $START, the script that knows its environment;
# $SHARED, what outlives releases.
rec "$M"
N=$S/$APP
[ -x "$START" ] || rec unready "$START"
id -- "$USER_" >/dev/null 2>&1 || rec unready "$USER_"

# The link's own text: what it leads to is the app's to choose.
if [ -L "$CURRENT" ]; then
    rec current "$(readlink -- "$CURRENT")"
elif [ -d "$CURRENT" ]; then
    rec plain "$CURRENT"
fi
if [ -L "$VENV" ]; then
    rec venv "$(readlink -- "$VENV")"
fi
set +f
for about in "$N"/releases/*/about; do
    [ -f "$about" ] || continue
    id=${about%/about}
    id=${id##*/}
    there=
    [ ! -d "$RELEASES/$id" ] || there=there
    rec release "$id" "$there" "$(cat "$about")"
done
# One shared path a line.
kept=$SHARED
while [ -n "$kept" ]; do
    path=${kept%%"
"*} kept=${kept#*"
"}
    if [ -e "$HOME_/shared/$path" ] || [ -L "$HOME_/shared/$path" ]; then rec kept "$path"; fi
done
for whole in "$VENVS"/*/.whole; do
    [ ! -f "$whole" ] || rec cached "$(basename "${whole%/.whole}")"
done
set -f
# Somebody is at work. Who only asks must not take the lock, not even for a moment.
if [ -e "$N/output~" ]; then
    set +f
    [ -z "$(find /proc/[0-9]*/fd -lname "$N/deploy.lock" -print -quit 2>/dev/null)" ] ||
        rec deploying "$(head -n 1 "$N/deploy.lock" | head -c 300 | tr '\t' ' ')"
    set -f
fi
# Half of a hash is enough to find what is there already; the whole is checked later.
base=$(readlink -- "$CURRENT" 2>/dev/null)
base=${base##*/}
if [ -n "$base" ] && [ -r "$N/releases/$base/index" ] && [ -d "$RELEASES/$base" ]; then
    rec base "$base"
    # Whether a file can be run (x) or not (-), or is not as it was deployed (?): the app, or a build,
    # has changed or removed it since.
    rec index "$(as "$USER_" find "$RELEASES/$base" -type f \( \
        -newerct "@$(stat -c %.9Y -- "$N/releases/$base/index")" -o -perm /111 -printf 'x%P\n' -o -printf '-%P\n' \) 2>/dev/null |
        awk 'FILENAME == "-" { is[substr($0, 2)] = substr($0, 1, 1); next }
            { path = substr($0, 67); print substr($0, 1, 16) (path in is ? is[path] : "?") path }' \
            - "$N/releases/$base/index")"
fi
rec python "$(/usr/bin/python3 -I -S -c 'import sys; print(sys.version.split()[0], sys.implementation.cache_tag)' 2>/dev/null)"
command -v uv >/dev/null 2>&1 && rec uv
rec arch "$(uname -m)"
[ ! -r "$N/log" ] || rec log "$(tail -n 200 -- "$N/log")"
rec "$M-end"
