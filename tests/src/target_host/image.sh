# shellcheck shell=bash disable=SC2016
#
# Makes the root file system of a host, once for all tests: from the package mirrors, or from a
# smaller one that is there already and packages to add. Run under a lock.
#
# Arguments: the directory to make, the distribution, its suite, the keyring of its mirrors, a
# directory to begin with or nothing, packages.
# Environment: PASSWORD.
set -euo pipefail
directory=$1 distribution=$2 suite=$3 keyring=$4 begin=$5
shift 5
root=$directory.partial/root

[ ! -e "$directory" ] || exit 0
rm -rf "$directory.partial"
trap 'rm -rf "$directory.partial"' EXIT
mkdir -p "$root"

# Prints the distribution's mirror for a suffix of suites: the one that this computer's apt is
# configured for, which may be nearby, or the default on another distribution.
mirror() {
    local suffix=$1 default=$2 id='' own='' uri=''
    id=$(sed -n 's/^ID=//p' /etc/os-release)
    own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    if [ "$id" = "$distribution" ]; then
        uri=$(apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' \
            'Created-By: Packages' | awk -v release="$own$suffix" '$2 == release && !seen++ {print $1}')
    fi
    printf '%s\n' "${uri:-$default}"
}

# Prints the lines of sources.list with a keyring. Only the distribution's: a host is no copy of this
# computer.
sources() {
    local main security components
    case $distribution in
        debian)
            main=$(mirror '' http://deb.debian.org/debian)
            security=$(mirror -security http://deb.debian.org/debian-security)
            components=main
            ;;
        ubuntu)
            main=$(mirror '' http://archive.ubuntu.com/ubuntu)
            security=$(mirror -security http://archive.ubuntu.com/ubuntu)
            components='main universe'
            ;;
    esac
    printf "deb [signed-by=$1] %s %s $components\n" \
        "$main" "$suite" "$main" "$suite-updates" "$security" "$suite-security"
}

# How this computer's apt reaches its mirrors, less its caches and its index targets.
apt_settings() {
    apt-config dump | grep -E '^Acquire::(Check-|Retries|https?::)' || :
    printf 'Acquire::Languages "none";\n'
}

# Prints a pip.conf with this computer's index, not with paths of it.
pip_settings() {
    printf '[global]\n'
    python3 -m pip config list 2>/dev/null | sed -nE \
        "s/^[^']*\.(index-url|extra-index-url|trusted-host|default-timeout)='(.*)'$/\1 = \2/p" | sort -u || :
    # The system's certificates, with those that this computer trusts besides.
    printf 'cert = /etc/ssl/certs/ca-certificates.crt\ndisable-pip-version-check = true\n'
}

# Runs a command in the tree, with this computer's network.
inside() {
    unshare --mount --pid --fork --kill-child bash -c '
        set -e
        root=$1
        shift
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/tmp"
        mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
        exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
            DEBIAN_FRONTEND=noninteractive \
            ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} "$@"
    ' inside "$root" "$@"
}

# Services are not to start in the tree.
forbid_services() {
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
}

bootstrap() {
    local unit
    apt_settings >"$directory.partial/apt.conf"
    # A throw-away host need not survive a power cut: dpkg may do without its many fsync.
    sources "$keyring" | mmdebstrap --quiet --mode=root --variant=minbase \
        --aptopt="$directory.partial/apt.conf" --dpkgopt=force-unsafe-io \
        --skip=cleanup/apt/lists \
        --include=apt,ca-certificates,cron,dbus,iproute2,libpam-systemd,logrotate \
        --include=openssh-server,procps,sudo,systemd-sysv,tini \
        "$suite" "$root" -
    # On some releases a link to what systemd-resolved would write.
    rm -f "$root/etc/resolv.conf"
    : >"$root/etc/resolv.conf"
    sources "/usr/share/keyrings/$distribution-archive-keyring.gpg" >"$root/etc/apt/sources.list"
    pip_settings >"$root/etc/pip.conf"
    # What stands between this computer and the mirrors may have a certificate of its own.
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || :
    inside update-ca-certificates >/dev/null

    # No timer that takes dpkg's lock behind a test's back, and no console to serve.
    for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
        e2scrub_reap.service fstrim.timer console-getty.service getty@.service \
        systemd-logind-varlink.socket; do
        ln -sf /dev/null "$root/etc/systemd/system/$unit"
    done

    inside useradd --create-home --shell /bin/bash deploy
    # Debian has a group of this name from the start.
    inside useradd --create-home --shell /bin/bash --gid operator operator
    inside useradd --create-home --shell /bin/bash nobodyatall
    printf 'deploy ALL=(ALL) NOPASSWD: ALL\noperator ALL=(ALL) ALL\n' >"$root/etc/sudoers.d/target-host"
    chmod 440 "$root/etc/sudoers.d/target-host"
    printf "%s:$PASSWORD\n" deploy operator nobodyatall | inside chpasswd

    # The rest of Debian's host keys would be the same on all hosts.
    rm -f "$root"/etc/ssh/ssh_host_*
    printf 'HostKey /etc/ssh/ssh_host_ed25519_key\n' >"$root/etc/ssh/sshd_config.d/target-host.conf"
    : >"$root/etc/machine-id"
}

# Prints the names of the hosts that packages come from.
package_hosts() {
    {
        sed -nE 's|^deb .*https?://([^/: ]+).*|\1|p' "$root/etc/apt/sources.list"
        sed -nE 's|.*index-url = https?://([^/: ]+).*|\1|p' "$root/etc/pip.conf"
        printf '%s\n' pypi.org files.pythonhosted.org
    } | sort -u
}

if [ -z "$begin" ]; then
    bootstrap
else
    cp -a --reflink=auto "$begin/root/." "$root"
fi
if [ $# -gt 0 ]; then
    forbid_services
    inside apt-get install -qq -y --no-install-recommends "$@"
    inside apt-get clean
    rm "$root/usr/sbin/policy-rc.d"
fi
package_hosts >"$directory.partial/package-hosts"
mv "$directory.partial" "$directory"
