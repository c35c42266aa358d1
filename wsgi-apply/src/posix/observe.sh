# shellcheck shell=sh disable=SC1007,SC2015,SC2034,SC2086,SC2154
# Prints what is true of this host. Changes nothing.
#
# Given, besides what state.sh takes: $M, a word that nothing else prints; $R, what stands for `/`;
# $A, apps: name, user, group, virtualenv; $C, files whose contents are wanted, each with a hash
# that is known or `-`; $K, packages; $D, links to configuration files; $W, files, each with lines
# that may stand in it; $U, users who may have a crontab; $L, files for TLS, each after what it is;
# $Q, a program that asks supervisor; $Y, apps that are asked how they are: name, user, socket, and
# what is asked; $Z, the program that asks them.
rec "$M"

# Not run, as os-release(5) has it: below $R it may be anybody's.
id= version=
if [ -r "$R/etc/os-release" ]; then
    while IFS='=' read -r name value; do
        value=${value#[\"\']}
        case $name in ID) id=${value%[\"\']} ;; VERSION_ID) version=${value%[\"\']} ;; esac
    done <"$R/etc/os-release"
fi
[ -d /run/systemd/system ] && init=systemd || init=sysv
rec system "$id" "$version" "$init"

# The apps' manifests, and those that did not come to their end.
for app in $G; do
    for file in manifest intent; do
        [ ! -r "$S/$app/$file" ] || rec "$file" "$app" "$(cat "$S/$app/$file")"
    done
    [ ! -r "$S/$app/manifest" ] || rec applied "$app" "$(date -u -r "$S/$app/manifest" +%FT%TZ)"
    set +f
    for file in "$S/$app/owed"/*[!~]; do
        [ ! -f "$file" ] || rec owed "$app" "$(cat "$file")"
    done
    set -f
done
widen

# What other apps have of these paths.
set +f
for file in "$S"/*/manifest; do
    [ -r "$file" ] || continue
    app=${file%/manifest}
    app=${app##*/}
    case "
$G
" in *"
$app
"*) continue ;; esac
    set -- "$@" "$file"
done
set -f
[ $# = 0 ] || rec claims "$(printf '%s\n' "$P" | awk -v r="$R" 'FILENAME == "-" { wanted[$0]; next }
    /^{"path":"/ { split($0, f, "\""); if ((r f[4]) in wanted) { n = split(FILENAME, d, "/"); print d[n - 1] "\t" f[4] } }' - "$@")"
set --

asked=0
for path in $P; do asked=$((asked + 1)); done
rec asked "$asked"
rec state
state
rec stated

# The contents that are not known: those of one reader in one go, each after a line with its path; and
# nothing but letters, so that what its user's program says is contents and no more.
wanted=$({ printf '%s\n' "$C"; echo; printf '%s\n' "$F"; echo; printf '%s\n' "$N"; } | awk -F'\t' '
    $0 == "" { part++; next }
    !part { known[$1] = $2; next }
    part == 1 { reader[$2] = $1; next }
    { path = substr($0, 67) }
    (path in known) && known[path] != substr($0, 1, 64) { print reader[path] "\t" path }')
for reader in $(printf '%s\n' "$wanted" | cut -f1 | sort -u); do
    # shellcheck disable=SC2046
    set -- $(printf '%s\n' "$wanted" | awk -F'\t' -v r="$reader" '$1 == r { print $2 }')
    rec contents "$(printf '%s\n' "$@")" "$(as "$reader" timeout 9 head -v -c 262144 -- "$@" 2>/dev/null 9>&- |
        timeout 310 head -c "$(($# * 270000))" | base64 -w 0)"
done
set --

# Files where links shall be: whether all the lines stand in one, or it is empty.
printf '%s\n' "$W" | while IFS="$T" read -r file lines; do
    [ -f "$file" ] && [ ! -L "$file" ] || continue
    set --
    # One line after the other, between tabs.
    IFS=$T
    for line in $lines; do set -- "$@" -e "$line"; done
    IFS="$T
"
    reader=$(find "$file" -maxdepth 0 -printf '%u\t%p\n' | readers | cut -f1)
    if [ $# = 0 ]; then
        [ -s "$file" ]
    else
        [ "$(as "$reader" timeout 9 grep -xF "$@" -- "$file" 2>/dev/null | sort -u | wc -l)" != $(($# / 2)) ]
    fi || rec marked "$file"
done

# Of each virtualenv, the packages: pip takes as long to start as all the rest.
printf '%s\n' "$A" | while IFS="$T" read -r app user group venv; do
    [ -x "$R$venv/bin/python" ] || continue
    set +f
    rec venv "$app" "$(printf '%s\n' "$R$venv"/lib/python3*/site-packages/*.dist-info)"
    set -f
done

# A directory that stands for a host has no more.
if [ -n "$R" ]; then
    rec "$M-end"
    exit
fi

if [ -n "$K" ]; then
    # dpkg itself is there, if it can be asked. A name that no package has may be one that another
    # provides.
    provided=
    found=$(dpkg-query -W -f '${Package}\t${db:Status-Status}\t${Version}\t${Architecture}\n' dpkg $K 2>/dev/null) &&
        case $found in *-installed* | *config-files*) false ;; esac || {
        provided=$(dpkg-query -W -f '${db:Status-Status} ${Provides}\n' | sed -n 's/^installed //p' |
            tr ',' '\n' | sed 's/^ *//; s/ .*//' | sort -u | grep -xF -e "$K")
        rec provided "$provided"
    }
    rec packages "$found"
    # What is missing, and could be installed as far as the host's package lists tell.
    set +f
    set -- /var/lib/apt/lists/*_Packages*
    set -f
    if [ -e "$1" ] &&
        found=$(printf '%s\n' "$found" | awk -F'\t' '$2 == "installed" { print $1; print $1 ":" $4 }') &&
        missing=$(printf '%s\n' $K | grep -vxF -e "$found" -e "$provided"); then
        found=$(apt-cache policy -- $missing | awk '/^[^ ]/ { sub(/:$/, ""); name = $0 }
            $1 == "Candidate:" && $2 != "(none)" { print name }')
        # Another name for a package: apt itself knows, and takes its time.
        rec candidates "$found
$(for name in $(printf '%s\n' $missing | grep -vxF -e "$found"); do
            timeout 20 apt-get -qq -s --no-install-recommends install -- "$name" >/dev/null 2>&1 &&
                printf '%s\n' "$name"
        done)"
    fi
    set --
fi
# A configuration file that nobody changed, by what its package says of it.
printf '%s\n' "$D" | while IFS="$T" read -r link file; do
    [ -L "$link" ] && [ -f "$file" ] && sum=$(md5sum <"$file") && package=$(dpkg-query -S "$file" 2>/dev/null) &&
        dpkg-query -W -f '${Conffiles}\n' "${package%%:*}" | grep -qxF " $file ${sum%% *}" && rec pristine "$file"
done
# getent exits with 2 when somebody is not there.
accounts() {
    accounts=$(getent "$@") || [ $? = 2 ] || rec fault "getent $1 cannot tell who is there"
    rec "$1" "$accounts"
}
[ -z "$A" ] || {
    accounts passwd $APP_USERS
    accounts group www-data $APP_GROUPS
}

# What other files of nginx and supervisor say of who is called what.
set +f
rec directives "$(grep -EHs -D skip '^[[:space:]]*(server|server_name|listen|upstream|include)([[:space:]{]|$)|^\[program:' \
    /etc/nginx/sites-enabled/* /etc/nginx/conf.d/*.conf /etc/supervisor/conf.d/*.conf)"
set -f
# What nginx reads for TLS, as openssl sees it.
pem() {
    [ -e "$2" ] || { echo missing && return; }
    [ -f "$2" ] || { echo other && return; }
    [ -r "$2" ] || { echo unreadable && return; }
    command -v openssl >/dev/null || { echo unknown && return; }
    case $1 in
    key) timeout 9 openssl pkey -in "$2" -passin pass: -pubout ;;
    dhparam) timeout 9 openssl dhparam -in "$2" -noout ;;
    *) timeout 9 openssl x509 -in "$2" -noout -dates -pubkey ;;
    esac 2>/dev/null </dev/null || { echo refused && timeout 9 grep -a -m 9 -e '^-----BEGIN ' -e ENCRYPTED -- "$2"; }
}
[ -z "$L" ] || printf '%s\n' "$L" | while IFS="$T" read -r kind file; do
    rec tls "$kind" "$(date +%s)" "$file" "$(pem "$kind" "$file")"
done
# Jobs that the Ansible role left.
for user in $U; do
    file=/var/spool/cron/crontabs/$user
    [ -f "$file" ] && grep -q '^#Ansible: App cron task ' "$file" && rec crontab "$user" "$(crontab -u "$user" -l && echo .)"
done

runs() {
    pid=
    [ ! -r "$2" ] || IFS= read -r pid <"$2" || :
    [ -n "$pid" ] && [ -r "/proc/$pid/comm" ] && IFS= read -r comm <"/proc/$pid/comm" && [ "$comm" = "$3" ] &&
        rec running "$1"
}
runs supervisor /run/supervisord.pid supervisord
runs nginx /run/nginx.pid nginx
runs cron /run/crond.pid cron
set +f
for service in supervisor nginx cron; do
    if [ "$init" = systemd ]; then
        set -- "/etc/systemd/system/multi-user.target.wants/$service.service"
    else
        set -- /etc/rc2.d/S*"$service"
    fi
    [ ! -e "$1" ] || rec enabled "$service"
done
set -f

if command -v nginx >/dev/null; then
    rec nginx "$(nginx -V 2>&1)"
    # It waits for ever for what a pipe among its files will say.
    refusal=$(timeout -k 1 30 nginx -t -q 2>&1) || case $? in
    124) rec nginx_refusal "nginx -t does not come to an end: $refusal" ;;
    *) rec nginx_refusal "$refusal" ;;
    esac
    # Who listens where: nginx -t does not bind, and a reload that cannot says so in a log alone.
    pid=
    [ ! -r /run/nginx.pid ] || IFS= read -r pid </run/nginx.pid || :
    rec listening "$(
        own=$(find "/proc/${pid:-none}/fd" -lname 'socket:*' -printf ' %l ' 2>/dev/null)
        awk -v own="$own" 'FNR > 1 && $4 == "0A" { n = split($2, a, ":")
            print a[n] (index(own, " socket:[" $10 "] ") ? "\tnginx" : "\tother") }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
    )"
fi
# supervisorctl takes a quarter of a second to start, this a hundredth.
if [ -x /usr/bin/python3 ]; then
    rec programs "$(/usr/bin/python3 -I -S -c "$Q" 2>/dev/null)"
fi
# As the app's user: a link in place of its socket would lead root to somebody else's. All at the same
# time, since one that hangs takes five seconds; a record of less than 4096 bytes reaches a pipe in one
# piece (pipe(7), PIPE_BUF).
[ -z "${Y-}" ] || printf '%s\n' "$Y" | {
    while IFS="$T" read -r app user socket host path scheme; do
        rec answered "$app" "$(told_by "$user" timeout -k 1 9 /usr/bin/python3 -I -S -c "$Z" \
            "$socket" "$host" "$path" "$scheme" </dev/null | head -c 1000)" &
    done
    wait
}
rec "$M-end"
