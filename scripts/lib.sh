# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What every script here shares. Source it, do not run it:
#
#     . "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
#
# Works under `set -eu`, from any current directory. Progress goes to standard
# error, so that a script's standard output stays free for its result.

SHOP_ROOT=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

# say TEXT... : one line of progress.
say() {
    printf '%s\n' "$*" >&2
}

# die TEXT... : the reason, then the end of the script.
die() {
    printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2
    exit 1
}

# project_root : prints the checkout's folder.
project_root() {
    printf '%s\n' "$SHOP_ROOT"
}

# ------------------------------------------------------- Debian's packages --

# package_installed NAME
package_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

# need_packages NAME... : installs what is missing of these Debian packages.
# A freshly installed server is not started: set-up must not take port 80 or
# 6379. (It stays enabled for the next boot, as Debian leaves it.)
need_packages() {
    local name missing=()

    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        die "this is no Debian; install by hand: $*"
    fi
    for name in "$@"; do
        package_installed "$name" || missing+=("$name")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0

    say "missing packages: ${missing[*]}"
    if [ "$(id -u)" -eq 0 ]; then
        install_packages_script | bash -s -- "${missing[@]}" >&2
    elif command -v sudo >/dev/null; then
        say "installing them through sudo"
        sudo -v || die "sudo refused; as root: apt-get install ${missing[*]}"
        install_packages_script | sudo bash -s -- "${missing[@]}" >&2
    else
        die "neither root nor sudo here; as root: apt-get install ${missing[*]}"
    fi || die "apt-get could not install: ${missing[*]}"

    for name in "${missing[@]}"; do
        package_installed "$name" || die "still missing after apt-get: $name"
    done
    hash -r
}

# The part of need_packages that runs as root. /usr/sbin/policy-rc.d is what
# Debian asks before it starts a service; 101 means "do not". An own one that
# the machine has already is put back, also after an earlier run was killed.
install_packages_script() {
    cat <<'AS_ROOT'
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
policy=/usr/sbin/policy-rc.d
kept=$policy.kept-by-shop
mark='# written by mod_shop while it installs packages'
log=$(mktemp)
exec 9>/run/shop-packages.lock
flock 9
restore() {
    if [ -e "$kept" ]; then
        mv -f "$kept" "$policy"
    elif grep -qsF "$mark" "$policy"; then
        rm -f "$policy"
    fi
    rm -f "$log"
}
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [ -e "$policy" ] && ! grep -qsF "$mark" "$policy"; then
    mv -f "$policy" "$kept"
fi
printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
chmod 755 "$policy"
apt() {
    apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null 2>&1 9>&- |
        tee -a "$log" | awk '/^(Need to get |Setting up |E: |W: )/ { print "  " $0; fflush() }'
}
echo "apt-get update ..."
apt update || { tail -n 20 "$log"; exit 1; }
echo "apt-get install $* ..."
apt install -y --no-install-recommends "$@" || { tail -n 20 "$log"; exit 1; }
AS_ROOT
}

# ------------------------------------------------------------------- ports --

# port_answers HOST PORT : does anything accept connections there?
port_answers() {
    (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

# free_port : prints a loopback port that nobody uses now; scripts/ports.py says which.
free_port() {
    python3 "$SHOP_ROOT/scripts/ports.py" || die "no free port on 127.0.0.1"
}

# wait_for_port HOST PORT SECONDS [PID] : waits until something accepts
# connections there; fails after SECONDS, or at once when process PID is gone.
wait_for_port() {
    local deadline=$((SECONDS + $3))

    until port_answers "$1" "$2"; do
        if [ -n "${4:-}" ] && ! process_alive "$4"; then
            return 1
        fi
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

# --------------------------------------------------------------- processes --

# process_field PID NUMBER : a field of /proc/PID/stat; 3 is the state, 22 the
# time it was started. Empty when there is no such process.
process_field() {
    local line=''

    read -r line 2>/dev/null <"/proc/$1/stat" || true
    [ -n "$line" ] || return 0
    # The second field is a name in parentheses and may hold anything.
    printf '%s\n' "${line##*) }" | cut -d ' ' -f $(($2 - 2))
}

# process_alive PID : it exists and is more than a zombie.
process_alive() {
    case $(process_field "$1" 3) in
    '' | Z | X) return 1 ;;
    esac
}

# running_pid PIDFILE : prints the process id when that very process still
# runs. A number that was handed to another process meanwhile does not count.
running_pid() {
    local pid='' began=''

    [ -f "$1" ] || return 1
    read -r pid <"$1" || true
    case $pid in
    '' | *[!0-9]*) return 1 ;;
    esac
    process_alive "$pid" || return 1
    if [ -f "$1.began" ]; then
        read -r began <"$1.began" || true
        [ "$began" = "$(process_field "$pid" 22)" ] || return 1
    fi
    printf '%s\n' "$pid"
}

# start_server NAME PIDFILE LOG COMMAND... : runs a server in a session of its
# own, without our input, output and lock files. Its process id is in PIDFILE
# when this returns.
start_server() {
    local name=$1 pidfile=$2 log=$3 pid='' tries=0

    shift 3
    rm -f -- "$pidfile" "$pidfile.began"
    # shellcheck disable=SC2016 # expanded by the new shell, not by this one
    setsid bash -c 'printf "%s\n" "$$" >"$0.new" && mv -f -- "$0.new" "$0" && exec "$@"' \
        "$pidfile" "$@" </dev/null >>"$log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
    until [ -s "$pidfile" ]; do
        tries=$((tries + 1))
        [ "$tries" -le 200 ] || die "$name did not start; see $log"
        sleep 0.05
    done
    read -r pid <"$pidfile"
    process_field "$pid" 22 >"$pidfile.began"
}

# stop_pid PIDFILE-OR-PID [SECONDS] : TERM, wait up to SECONDS (10), then KILL.
# Nothing to stop is no error.
stop_pid() {
    local pid deadline pidfile=''

    case $1 in
    '') return 0 ;;
    *[!0-9]*)
        pidfile=$1
        pid=$(running_pid "$pidfile") || pid=''
        ;;
    *) pid=$1 ;;
    esac
    if [ -n "$pid" ] && process_alive "$pid"; then
        kill -TERM "$pid" 2>/dev/null || true
        deadline=$((SECONDS + ${2:-10}))
        while process_alive "$pid" && [ "$SECONDS" -lt "$deadline" ]; do
            sleep 0.05
        done
        if process_alive "$pid"; then
            say "process $pid did not end within ${2:-10} s; killing it"
            kill -KILL "$pid" 2>/dev/null || true
            deadline=$((SECONDS + 5))
            while process_alive "$pid" && [ "$SECONDS" -lt "$deadline" ]; do
                sleep 0.05
            done
        fi
    fi
    if [ -n "$pidfile" ]; then
        rm -f -- "$pidfile" "$pidfile.began"
    fi
}

# ------------------------------------------------------------ state folders --

# hold_lock FOLDER : makes FOLDER, for its owner's eyes only, and holds its lock
# until the script ends, so that two calls for one folder follow each other.
# Uses descriptor 9.
hold_lock() {
    mkdir -p -- "$1"
    chmod 700 -- "$1"
    exec 9>"$1/lock"
    flock -w 900 9 || die "another call holds $1/lock"
}

# ------------------------------------------------------------ bare Debians --
# Roots for debootstrap and chroot, used by scripts/matrix and scripts/package.
# Whoever opens one sets `trap close_roots EXIT`.

OPEN_ROOTS=()
MOUNTED=()

# make_root SUITE ROOT : a minimal Debian at ROOT, nothing more than debootstrap's base. The base is
# made once and kept beside as an archive, build/roots/SUITE.tar; SHOP_DEBIAN_MIRROR names another
# mirror than debootstrap's own.
make_root() {
    local suite=$1 root=$2 base=$SHOP_ROOT/build/roots/$1

    [ "$(id -u)" -eq 0 ] || die "debootstrap and chroot need root"
    need_packages debootstrap debian-archive-keyring eatmydata
    mkdir -p "$SHOP_ROOT/build/roots" "$(dirname -- "$root")"
    if [ ! -e "$base.tar" ]; then
        say "making a bare Debian $suite"
        rm -rf --one-file-system "$base"
        eatmydata debootstrap --variant=minbase "$suite" "$base" \
            ${SHOP_DEBIAN_MIRROR:+"$SHOP_DEBIAN_MIRROR"} >"$base.log" 2>&1 ||
            { tail -n 20 "$base.log" >&2; die "debootstrap failed"; }
        tar -C "$base" --exclude='./var/cache/apt/archives/*.deb' -cf "$base.tar.new" .
        mv -f "$base.tar.new" "$base.tar"
        rm -rf --one-file-system "$base"
    fi
    rm -rf --one-file-system "$root"
    mkdir -p "$root"
    tar -C "$root" -xf "$base.tar"
    # nobody needs these files after a power cut
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
    # what this machine needs to reach the package registries: proxies and certificates of its own
    cp /etc/apt/apt.conf.d/99* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
    mkdir -p "$root/usr/local/share/shop-ca"
    [ -z "${SSL_CERT_FILE:-}" ] || cp "$SSL_CERT_FILE" "$root/usr/local/share/shop-ca/ca.crt"
}

# mount_into ROOT TYPE AT
mount_into() {
    mkdir -p "$1$3"
    mount -t "$2" "$2" "$1$3"
    MOUNTED=("$1$3" ${MOUNTED[@]+"${MOUNTED[@]}"})
}

# open_root ROOT : mounts what a program expects and makes the devices. A root is open once.
open_root() {
    local root=$1 device

    exec 8>"$root.lock"
    flock -n 8 || die "another call works in $root"
    OPEN_ROOTS+=("$root")
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    mount_into "$root" proc /proc
    mount_into "$root" sysfs /sys
    mount_into "$root" devpts /dev/pts
    mount_into "$root" tmpfs /dev/shm
    mount_into "$root" tmpfs /tmp
    for device in null zero random urandom tty; do
        [ -e "$root/dev/$device" ] || cp -a "/dev/$device" "$root/dev/"
    done
    [ -e "$root/dev/fd" ] || ln -s /proc/self/fd "$root/dev/fd"
}

# run_in ROOT COMMAND... : in /srv/mod_shop of ROOT, or in / where there is none, with nothing of
# this machine's environment.
run_in() {
    local root=$1 certificates=()

    shift
    [ -z "${SSL_CERT_FILE:-}" ] || certificates=("PIP_CERT=/usr/local/share/shop-ca/ca.crt"
        "NODE_EXTRA_CA_CERTS=/usr/local/share/shop-ca/ca.crt")
    chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive ${certificates[@]+"${certificates[@]}"} \
        sh -c 'cd /srv/mod_shop 2>/dev/null || cd /; exec "$@"' sh "$@"
}

# close_roots : ends, by their ids, the processes that still run in an open root, and unmounts.
close_roots() {
    local root at pid

    for root in ${OPEN_ROOTS[@]+"${OPEN_ROOTS[@]}"}; do
        for at in /proc/[0-9]*; do
            pid=${at#/proc/}
            [ "$(readlink "$at/root" 2>/dev/null)" != "$root" ] || stop_pid "$pid"
        done
    done
    for at in ${MOUNTED[@]+"${MOUNTED[@]}"}; do
        umount -l "$at" 2>/dev/null || true
    done
    MOUNTED=()
    OPEN_ROOTS=()
    exec 8>&-
}
