# shellcheck shell=bash
#
# Process 1 of a scratch machine: builds its root file system, says `ready PID`, then waits for the
# test to go away. Run by `unshare` in namespaces of its own, so that every mount below ends with
# this process and nothing has to be cleaned up on the test computer.
#
# Arguments: OUTSIDE INSIDE pairs, mounted read-only.
set -eu

# /proc is still the test computer's, so this is the process id that it knows.
read -r pid _ </proc/self/stat

# A tmpfs holds the upper layer: an overlay's upper layer must not itself lie on an overlay, as
# all of a container does. Mounted in this namespace alone, it takes the place of /sys, which is
# there on every system and holds nothing that a test shares with its machine.
mount -t tmpfs -o mode=0755 machine /sys
mkdir /sys/upper /sys/work /sys/root
mount -t overlay -o lowerdir=/,upperdir=/sys/upper,workdir=/sys/work machine /sys/root
cd /sys/root

mkdir -p proc sys dev run tmp root home usr/local etc
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys

# Not the test computer's /dev: a node made in it would outlive the machine.
mount -t tmpfs -o mode=0755,nosuid dev dev
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty dev/
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

mount -t tmpfs -o mode=0755,nosuid,nodev run run
mkdir -m 1777 run/lock
mount -t tmpfs -o mode=1777,nosuid,nodev tmp tmp
# What a person has installed or keeps here must not decide a test: other pythons, ssh keys,
# settings of git and pip.
mount -t tmpfs -o mode=0755 local usr/local
mkdir usr/local/bin usr/local/sbin usr/local/lib usr/local/share
mount -t tmpfs -o mode=0700 root root
mount -t tmpfs -o mode=0755 home home

while [ $# -ge 2 ]; do
    if [ -d "$1" ]; then
        mkdir -p "./$2"
    else
        mkdir -p "./${2%/*}"
        [ -e "./$2" ] || : >"./$2"
    fi
    mount --bind "$1" "./$2"
    mount -o remount,bind,ro "./$2"
    shift 2
done

# Never through a link of the lower layer: some systems have a link to a file in /run here.
rm -f etc/hosts etc/resolv.conf etc/hostname
printf '127.0.0.1 localhost machine\n::1 localhost machine\n' >etc/hosts
# Nothing listens there, so that a look-up fails at once.
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >etc/resolv.conf
printf 'machine\n' >etc/hostname
# The locks of a package installation under way on the test computer are not the machine's.
rm -f etc/.pwd.lock etc/passwd.lock etc/group.lock etc/shadow.lock etc/gshadow.lock

pivot_root . .
umount -l .
cd /
hostname machine
ip link set lo up

printf 'ready %s\n' "$pid"

# Ends at the end of the test's process, however that came: the other end of this pipe closes, and
# with process 1 the kernel kills all others. bash reaps orphans meanwhile.
while read -r _; do :; done
