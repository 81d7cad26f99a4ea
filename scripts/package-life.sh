# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The life of the deb in a bare Debian: the second half of scripts/package, which sources this.

STEP_AT=0
PORT=
ROOT=

# step TEXT : the seconds of the step before, and the name of the next.
step() {
    local now

    now=$(date +%s)
    [ "$STEP_AT" -eq 0 ] || say "    $((now - STEP_AT)) s"
    STEP_AT=$now
    [ -z "${1:-}" ] || say "  $1"
}

# must TEXT COMMAND... : the command succeeds, or the life ends with TEXT.
must() {
    local text=$1

    shift
    "$@" || die "$text"
}

# api METHOD PATH [TOKEN [BODY [HEADER]]] : prints the body of a 2xx, fails otherwise.
api() {
    local more=()

    [ -z "${3:-}" ] || more+=(-H "Authorization: Bearer $3")
    [ -z "${4:-}" ] || more+=(-H 'Content-Type: application/json' --data "$4")
    [ -z "${5:-}" ] || more+=(-H "$5")
    curl -sS --fail-with-body -m 20 -X "$1" ${more[@]+"${more[@]}"} "http://127.0.0.1:$PORT$2" ||
        { echo >&2; die "$1 $2 failed"; }
}

# status PATH : the status code of a GET.
status() {
    curl -s -m 20 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT$1"
}

# member PACKAGE : of the JSON object that is read.
member() {
    python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

apt_in() {
    run_in "$ROOT" apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >>"$ROOT.log" 2>&1 </dev/null 8>&- ||
        { tail -n 30 "$ROOT.log" >&2; die "apt-get $* failed"; }
}

# apache_in COMMAND... : a command of apache2; httpd answers again afterwards.
apache_in() {
    run_in "$ROOT" "$@" >>"$ROOT.log" 2>&1 </dev/null 8>&- || { tail -n 20 "$ROOT.log" >&2; die "$* failed"; }
    wait_for_port 127.0.0.1 "$PORT" 20 || die "httpd does not answer after $*"
}

# loaded : which mod_shop.so the running httpd has: "new" (the file's), "old" (a file that was replaced), "none".
loaded() {
    local maps

    maps=$(cat "/proc/$(cat "$ROOT/run/apache2/apache2.pid")/maps") || die "httpd does not run"
    case $maps in
    *'mod_shop.so (deleted)'*) echo old ;;
    *mod_shop.so*) echo new ;;
    *) echo none ;;
    esac
}

# every file of the root, without what apt and the kernel keep
files() {
    (cd "$ROOT" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o \
        -path ./var/cache/apt -o -path ./var/lib/apt -o -path ./var/log/apt \) -prune -o -print | LC_ALL=C sort)
}

# in_matrix SUITE : builds the package of the version before and this one's in the Debian of scripts/matrix.
in_matrix() {
    local root=$SHOP_ROOT/build/matrix/$1 debs=$SHOP_ROOT/build/life/$1-debs

    if [ ! -e "$root/.complete" ]; then
        make_root "$1" "$root"
        touch "$root/.complete"
    fi
    rm -rf "$root/srv/package" "$debs"
    mkdir -p "$debs"
    git clone -q --no-hardlinks "$SHOP_ROOT" "$root/srv/package"
    open_root "$root"
    deb_in "$root" --version 0.0.9 --from "${before:-HEAD}"
    cp "$root/srv/package/build/package/$PACKAGE"_*.deb "$debs/"
    deb_in "$root"
    cp "$root/srv/package/build/package/$PACKAGE"_*.deb "$debs/"
    rm -rf "$root/srv/package"
    close_roots
}

# deb_in ROOT OPTION... : scripts/package deb in the clone; without the unit tests, as scripts/matrix has them.
deb_in() {
    local root=$1

    shift
    # shellcheck disable=SC2016 # expanded by the shell in the root
    run_in "$root" sh -c 'cd /srv/package && DEB_BUILD_OPTIONS=nocheck exec scripts/package deb "$@"' sh "$@" \
        </dev/null >&2 8>&- || die "the package does not build in ${root##*/}"
}

bare_host() {
    make_root "$1" "$ROOT"
    open_root "$ROOT"
    : >"$ROOT.log"
    apt_in update
    # not before it has a port of its own: a chroot shares the network
    printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
    chmod 755 "$ROOT/usr/sbin/policy-rc.d"
    apt_in install apache2
    # with no init here, Debian's invoke-rc.d starts a service only where it is told to
    printf '#!/bin/sh\nexit 0\n' >"$ROOT/usr/sbin/policy-rc.d"
    echo "Listen 127.0.0.1:$PORT" >"$ROOT/etc/apache2/ports.conf"
    echo 'ServerName localhost' >"$ROOT/etc/apache2/conf-available/name.conf"
    sed -i "s/\*:80/*:$PORT/" "$ROOT/etc/apache2/sites-available/000-default.conf"
    # an administrator and a package have switched modules before: a2enmod and its kin make folders of
    # who enabled what in /var/lib/apache2, and never remove them
    run_in "$ROOT" sh -ec 'for way in "" -m; do a2enmod -q $way info; a2dismod -q $way info; done; a2dismod -q -p -f info
        a2enconf -q name; a2disconf -q name; a2enconf -q name' >>"$ROOT.log" 2>&1 || die 'a2enmod or a2enconf failed'
    apache_in apachectl start
    files >"$ROOT.before"
}

configure_shop() {
    run_in "$ROOT" sh -c 'shopctl keygen | install -m 600 /dev/stdin /etc/shop/jwt.key'
    shopctl_in init
    cat >"$ROOT/etc/apache2/conf-available/my-shop.conf" <<CONF
<IfModule shop_module>
    ShopMongoURI "$SHOP_MONGO_URI"
    ShopRedis redis://127.0.0.1:$SHOP_REDIS_PORT
    ShopJwtKey main HS256 file:/etc/shop/jwt.key
    <Location "/api">
        ShopEngine On
    </Location>
</IfModule>
CONF
    apache_in a2enconf my-shop
    apache_in apachectl configtest
    apache_in apachectl restart
    printf 'correct horse battery\n' >"$ROOT/etc/shop/admin.password"
    chmod 600 "$ROOT/etc/shop/admin.password"
    shopctl_in user create --admin --username root --email root@example.com \
        --password-file /etc/shop/admin.password
    rm "$ROOT/etc/shop/admin.password"
}

shopctl_in() {
    run_in "$ROOT" shopctl --mongo-uri "$SHOP_MONGO_URI" "$@" >&2 </dev/null 8>&-
}

# place_order EMAIL : registers, puts one unit into the cart and orders it; the order's id.
place_order() {
    local token product

    token=$(api POST /api/auth/login '' '{"email": "root@example.com", "password": "correct horse battery"}' | member access_token)
    product=$(api POST /api/products "$token" '{"name": "Lamp", "description": "A lamp.", "price": 12.50,
        "category": "Home", "stock": 5}' | member id)
    api POST /api/auth/register '' "{\"username\": \"${1%@*}\", \"email\": \"$1\", \"password\": \"correct horse\"}" >/dev/null
    token=$(api POST /api/auth/login '' "{\"email\": \"$1\", \"password\": \"correct horse\"}" | member access_token)
    api POST /api/cart "$token" "{\"product_id\": \"$product\", \"quantity\": 1}" >/dev/null
    api POST /api/orders "$token" '{"shipping_address": {"street": "1 Main St", "city": "Exampleton",
        "state": "", "country": "Example", "zip_code": "12345"}, "payment_method": "credit_card"}' "Idempotency-Key: $1" | member id
}

# order_is_there EMAIL ID
order_is_there() {
    local token

    token=$(api POST /api/auth/login '' "{\"email\": \"$1\", \"password\": \"correct horse\"}" | member access_token)
    [ "$(api GET "/api/orders/$2" "$token" | member id)" = "$2" ]
}

life() {
    local suite=$1 debs=$SHOP_ROOT/build/life/$1-debs began first second third left deb
    local old new

    ROOT=$SHOP_ROOT/build/life/$suite
    PORT=$(free_port)
    STEP_AT=0
    began=$(date +%s)
    say "$suite"
    step 'the packages of two versions are built, without an error of lintian'
    [ -n "$reuse" ] || in_matrix "$suite"
    old=$(basename -- "$(ls "$debs/${PACKAGE}"_0.0.9-*.deb)")
    for deb in "$debs/${PACKAGE}"_*.deb; do
        [ "${deb##*/}" = "$old" ] || new=${deb##*/}
    done
    step 'a bare Debian with apache2'
    bare_host "$suite"
    cp "$debs/$old" "$debs/$new" "$ROOT/tmp/"

    step "install $old: enabled, loaded, and nothing is served"
    apt_in install "/tmp/$old"
    wait_for_port 127.0.0.1 "$PORT" 20 || die 'httpd does not answer after the installation'
    apache_in apachectl configtest
    must 'the module is not enabled' run_in "$ROOT" a2query -q -m shop
    must 'the running httpd has not loaded the module' [ "$(loaded)" = new ]
    must '/api is served before it is configured' [ "$(status /api/products)" = 404 ]
    must 'the site is not served any more' [ "$(status /)" = 200 ]
    must '/etc/shop is open to others' [ "$(stat -c '%a %U' "$ROOT/etc/shop")" = '700 root' ]
    apache_in a2dismod -q shop
    apache_in a2enmod -q shop

    step 'configure, first admin, first order'
    configure_shop
    first=$(place_order ada@example.com)
    must 'the first order is not there' order_is_there ada@example.com "$first"

    step "upgrade to $new with an order in the database"
    apt_in install "/tmp/$new"
    must 'httpd was restarted by the upgrade, before shopctl migrate' [ "$(loaded)" = old ]
    must 'the order is not served during the upgrade' order_is_there ada@example.com "$first"
    shopctl_in migrate
    apache_in apachectl graceful
    for _ in $(seq 50); do [ "$(loaded)" = old ] || break; sleep 0.1; done
    must 'httpd still has the old module after graceful' [ "$(loaded)" = new ]
    must 'the order is not there after the upgrade' order_is_there ada@example.com "$first"
    second=$(place_order bob@example.com)
    must 'the second order is not there' order_is_there bob@example.com "$second"
    shopctl_in migrate --finish
    must 'the order is not there after the finish' order_is_there ada@example.com "$first"
    third=$(place_order eve@example.com)
    must 'the third order is not there' order_is_there eve@example.com "$third"
    shopctl_in verify

    step 'remove: httpd serves on, without the module'
    apt_in remove "$PACKAGE"
    wait_for_port 127.0.0.1 "$PORT" 20 || die 'httpd does not answer after the removal'
    apache_in apachectl configtest
    must 'the running httpd still has the module' [ "$(loaded)" = none ]
    must 'the site is not served any more' [ "$(status /)" = 200 ]
    must '/api is still served' [ "$(status /api/products)" = 404 ]
    must 'the key is gone before the purge' [ -e "$ROOT/etc/shop/jwt.key" ]

    step 'install again: everything is as before; then remove again'
    apt_in install "/tmp/$new"
    wait_for_port 127.0.0.1 "$PORT" 20 || die 'httpd does not answer after the second installation'
    must 'the running httpd has not loaded the module again' [ "$(loaded)" = new ]
    must 'the order is not there after the second installation' order_is_there bob@example.com "$second"
    apt_in remove "$PACKAGE"

    step 'purge: nothing is left'
    # what the administrator made himself
    apache_in a2disconf -q -p my-shop
    rm "$ROOT/etc/apache2/conf-available/my-shop.conf"
    apt_in purge "$PACKAGE"
    apt_in autoremove --purge
    files >"$ROOT.after"
    step
    left=$(LC_ALL=C comm -13 "$ROOT.before" "$ROOT.after")
    if [ -n "$left" ]; then
        printf 'left: %s\n' "$left" >&2
        die "$suite: the purge leaves files"
    fi
    left=$(LC_ALL=C comm -23 "$ROOT.before" "$ROOT.after")
    [ -z "$left" ] || { printf 'missing: %s\n' "$left" >&2; die "$suite: files of before are gone"; }
    close_roots
    [ -n "$keep" ] || rm -rf --one-file-system "$ROOT" "$debs"
    say "$suite: $(wc -l <"$ROOT.after") files before the installation and after the purge, the same; $((($(date +%s) - began + 30) / 60)) minutes"
}

lives() {
    local suite settings work=$SHOP_ROOT/build/life/servers

    [ "${#suites[@]}" -gt 0 ] || die 'name bookworm, trixie, or both'
    [ "$(id -u)" -eq 0 ] || die "debootstrap and chroot need root"
    need_packages curl python3
    mkdir -p "$work"
    trap 'close_roots; "$SHOP_ROOT/scripts/redis" stop --dir "$SHOP_ROOT/build/life/servers" || true
        "$SHOP_ROOT/scripts/store" stop --dir "$SHOP_ROOT/build/life/servers" || true' EXIT
    trap 'exit 130' INT TERM
    for suite in "${suites[@]}"; do
        rm -rf -- "$work"
        mkdir -p "$work"
        settings=$("$SHOP_ROOT/scripts/store" start --dir "$work")
        eval "$settings"
        settings=$("$SHOP_ROOT/scripts/redis" start --dir "$work")
        eval "$settings"
        life "$suite"
        "$SHOP_ROOT/scripts/redis" stop --dir "$work"
        "$SHOP_ROOT/scripts/store" stop --dir "$work"
    done
}
