# shellcheck shell=bash disable=SC2016
#
# Process 1 of a host until it becomes the host's init: puts the root file system together and says
# `ready PID`. Run by `unshare` in namespaces of its own, so that every mount below ends with the
# host.
#
# Environment: PID IMAGE HOST_NAME ADDRESS INIT KEY HOST_KEY PROXY; AGAIN, where a host that has
# ended left its files in place.
set -eu

if [ -n "${AGAIN-}" ]; then
    cd /
else
    # As for a scratch machine, a tmpfs that takes the place of /sys holds what the host writes.
    mount -t tmpfs -o mode=0755 host /sys
    mkdir /sys/upper /sys/work /sys/root
    mount -t overlay -o "lowerdir=$IMAGE/root,upperdir=/sys/upper,workdir=/sys/work" host /sys/root
    cd /sys/root
fi
mount -t proc -o nosuid,nodev,noexec proc proc
for path in sys sysrq-trigger; do # the test computer's, not the host's
    [ -e "proc/$path" ] || continue
    mount --bind "proc/$path" "proc/$path"
    mount -o remount,bind,ro "proc/$path"
done
if [ -n "${AGAIN-}" ]; then
    # All that no disk holds is lost, but for devices.
    umount --recursive --lazy sys run dev/shm
else
    mount -t tmpfs -o mode=0755,nosuid dev dev
    cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty dev/
    mkdir dev/pts dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
    ln -s /proc/self/fd/0 dev/stdin
    ln -s /proc/self/fd/1 dev/stdout
    ln -s /proc/self/fd/2 dev/stderr
    : >dev/console

    printf '%s\n' "$HOST_NAME" >etc/hostname
    printf '127.0.0.1 localhost\n%s %s\n' "$ADDRESS" "$HOST_NAME" >etc/hosts
    # There is no name server: the package proxy looks names up.
    : >etc/resolv.conf
    printf 'Acquire::%s::Proxy "%s";\n' http "$PROXY" https "$PROXY" >etc/apt/apt.conf.d/90target-host
    printf 'proxy = %s\n' "$PROXY" >>etc/pip.conf

    for home in root home/*; do
        mkdir -p "$home/.ssh"
        cp "$KEY.pub" "$home/.ssh/authorized_keys"
        chmod 700 "$home/.ssh"
        chmod 600 "$home/.ssh/authorized_keys"
        chown -R --reference="$home" "$home/.ssh"
    done
    cp "$HOST_KEY" etc/ssh/ssh_host_ed25519_key
    cp "$HOST_KEY.pub" etc/ssh/ssh_host_ed25519_key.pub
    chmod 600 etc/ssh/ssh_host_ed25519_key
fi

mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=1777,nosuid,nodev shm dev/shm
mount -t tmpfs -o mode=0755,nosuid,nodev run run
mkdir run/lock
hostname "$HOST_NAME"

case $INIT in
    systemd) set -- /lib/systemd/systemd ;;
    # The sysvinit services in their order, then something that waits.
    tiny)
        set -- tini -s -- sh -c '
            mkdir -p /run/sshd
            for service in /etc/rc2.d/S*; do "$service" start; done
            : >/run/booted
            exec sleep infinity'
        ;;
esac

if [ -z "${AGAIN-}" ]; then
    pivot_root . .
    umount -l .
    cd /
fi
printf 'ready %s\n' "$PID"
# What the host has no namespace for stays the test computer's: modules, devices, the clock.
exec env -i container=target-host LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    setpriv --bounding-set=-sys_module,-sys_rawio,-sys_time,-sys_boot,-mac_admin,-mac_override \
    "$@" </dev/null >/dev/null 2>&1
