# shellcheck shell=sh disable=SC2154
# Prints what the deploy of a release has printed. Changes nothing.
#
# Given, besides what state.sh takes: $M, a word that nothing else prints; the app; $ID, the release.
rec "$M"
for kept in steps output; do
    [ ! -r "$S/$APP/releases/$ID/$kept" ] || rec "$kept" "$(tr -d '\0' <"$S/$APP/releases/$ID/$kept")"
done
rec "$M-end"
