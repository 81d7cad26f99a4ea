#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Holds the #include lines of mod_shop/ against the table of layers (docs/architecture.md).
# `check_layers.sh --selftest` plants violations in a copy and must see each refused; a plain run
# does that too, so that a check that sees nothing cannot pass.
set -euo pipefail

self=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/check_layers.sh
srcdir=${srcdir:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)}

# Open to everybody: APR, JSON values, the C library.
OPEN='<(apr(_[a-z0-9]+)*|jansson)\.h>'
OPEN+='|<(assert|ctype|errno|fcntl|inttypes|limits|math|poll|pthread|semaphore|signal|std[a-z]+)\.h>'
OPEN+='|<(string|strings|time|unistd)\.h>|<(arpa|netinet|sys)/[a-z_]+\.h>|<config\.h>'
HTTPD='<(httpd|http_[a-z]+|ap_[a-z]+|util_[a-z]+|scoreboard|mod_(status|watchdog)|mpm_common)\.h>'

# The roles, first match wins: a regex over the file, a regex over what it may include besides OPEN.
# @noun is any <folder>/<noun> that has a repository port, @folder any module's folder, @module any
# module's header, @dir the file's own folder.
read_roles() {
    cat <<'END'
base/.*                                   base/.*
settings\.h                               base/.*|directives/directives\.def
directives/.*                             (directives|base)/.*|settings\.h
http/.*                                   (http|base)/.*|settings\.h
openapi/.*                                (openapi|http|base)/.*|settings\.h
metrics/.*                                (metrics|cache|http|base)/.*
drivers/mongo[a-z_]*\.[ch]                (drivers|base)/.*|settings\.h|<mongoc/mongoc\.h>|<bson/bson\.h>
drivers/redis[a-z_]*\.[ch]                (drivers|base)/.*|settings\.h|<hiredis/hiredis\.h>
drivers/gzip\.[ch]                        (drivers|base)/.*|<zlib\.h>
drivers/brotli\.[ch]                      (drivers|base)/.*|<brotli/encode\.h>
drivers/jwt\.[ch]                         (drivers|base)/.*|<jwt\.h>
drivers/password\.[ch]                    (drivers|base)/.*|<sodium\.h>
drivers/password_werkzeug\.[ch]           (drivers|base)/.*|<openssl/[a-z]+\.h>
drivers/.*                                (drivers|base)/.*
store/[a-z_]+_(mongo|bson)\.[ch]          (store|drivers|base)/.*
store/[a-z_]+_http\.[ch]                  (store|http|base)/.*
store/.*                                  (store|base)/.*
hosts/listener\.[ch]                      (hosts|cache|guard|drivers|base)/.*
hosts/.*                                  (hosts|base)/.*
cache/cache_redis\.[ch]                   (cache|hosts|http|base)/.*|drivers/redis\.h
cache/cache_encode\.[ch]                  (cache|http|base)/.*|drivers/(gzip|brotli)\.h
cache/.*                                  (cache|hosts|http|base)/.*
guard/[a-z_]+_redis\.[ch]                 (guard|hosts|http|base)/.*|drivers/redis\.h
guard/.*                                  (guard|hosts|http|base)/.*|settings\.h
(server/.*|mod_shop\.c)                   (server|directives|http|metrics|cache|hosts|base)/.*|settings\.h|app\.h|@httpd
app\.[ch]                                 (base|http|openapi|metrics|cache|hosts|guard|drivers|store|ops|audit|@folder)/.*|(app|settings|module|stages)\.h
stages\.[ch]                              (base|drivers|store|@folder)/.*|stages\.h
ops/[a-z_]+_ready\.[ch]                   (ops|base|drivers|guard|store)/.*|@noun_repo\.h
ops/.*                                    (ops|http|metrics|base)/.*|(app|module|settings)\.h|@noun(_repo)?\.h
module\.h                                 base/.*
@folder/[a-z]+_module\.c                  @dir/[a-z_]+\.h|(app|module|settings)\.h|(store|drivers|http|base)/.*
@folder/[a-z]+_module\.h                  @dir/[a-z_]+_repo\.h|store/(record|reservation)\.h
accounts/account_sessions\.[ch]           @dir/[a-z_]+\.h|guard/guards\.h
audit/[a-z_]+_mongo\.[ch]                 (audit|base|drivers)/.*|@noun\.h
audit/.*                                  (audit|base)/.*|store/reservation\.h|@noun(_repo)?\.h
[a-z]+/[a-z_]+_(mongo|redis|bson)\.[ch]   @dir/[a-z_]+\.h|(store|drivers|base)/.*|@noun\.h
[a-z]+/[a-z_]+_api\.[ch]                  @dir/[a-z_]+\.h|store/record(_http)?\.h|(http|cache|metrics|hosts|guard|base)/.*|(app|settings)\.h|drivers/password\.h|@module|@noun(_repo|_view)?\.h
[a-z]+/[a-z_]+_repo\.h                    base/.*|store/reservation\.h|@noun\.h
@noun\.[ch]                               base/.*|store/record\.h|@noun\.h
[a-z]+/[a-z_]+\.[ch]                      @dir/[a-z_]+\.h|base/.*|store/(record|reservation)\.h|@noun(_repo)?\.h
END
}

# What no row may let through, whatever it says: three rules that hold for every role.
is_never_allowed() { # FILE TARGET
    # _api headers stay in their folder
    [[ $2 =~ _api\.h$ && ${1%/*} != "${2%/*}" && $1 != app.c ]] && return 0
    # rules and use cases take ports as arguments: only handlers reach into the app
    [[ $2 =~ _module\.h$ && ! $1 =~ _(api|module)\.[ch]$ && $1 != app.c ]] && return 0
    # what touches a database or Redis is opened by app*.c and by adapters only
    [[ $2 =~ _(mongo|redis|bson)\.h$ && ! $1 =~ _(mongo|redis|bson|ready|module)\.[ch]$ &&
        ! $1 =~ ^(app|hosts/listener)\.c$ ]]
}

# Exceptions: file, what it includes, and why.
read_exceptions() {
    cat <<'END'
base/text.c <utf8proc.h> Unicode tables are data; text has no other source of them
base/text_email.c <utf8proc.h> as above
base/text_email.c <idn2.h> the tables of IDNA 2008 are data as Unicode's are: text in, text out, nothing opened
base/id.c <openssl/evp.h> SHA-256
base/id.c <openssl/rand.h> the kernel's randomness
http/etag.c <openssl/evp.h> SHA-256 of bytes before they become a request's business
guard/token_cache.c <openssl/crypto.h> a comparison that takes the same time whatever it finds
guard/token_chain.c <openssl/core_names.h> HKDF
guard/token_chain.c <openssl/evp.h> SHA-256 and HKDF
guard/token_chain.c <openssl/hmac.h> HMAC
guard/token_chain.c <openssl/kdf.h> HKDF
guard/token_chain.c <openssl/params.h> HKDF
inventory/stock_mongo.h catalogue/product_bson.h a unit of stock is a product's document
guard/token.c drivers/jwt.h libjwt stays behind drivers/jwt.h; the token's claims are the guard's
END
}

# FILE TARGET of every include, targets in quotes resolved against the file's folder.
read_includes() { # ROOT
    (cd -- "$1" && grep -rHoE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+[>"]' .) |
        awk '{
            cut = index($0, ":"); file = substr($0, 3, cut - 3); target = substr($0, cut + 1)
            sub(/^[^<"]*/, "", target)
            if (target ~ /^"/) {
                gsub(/"/, "", target)
                dir = file; if (!sub(/\/[^\/]*$/, "", dir)) dir = ""
                path = (dir == "" ? "" : dir "/") target
                while (sub(/[^\/.]+\/\.\.\//, "", path)) { }
                target = path
            }
            print file, target
        }'
}

check_tree() { # ROOT : prints violations, returns their number (at most 100)
    local root=$1 last='' nouns folders file target row regex allowed bad=0 seen=0 matched
    local -a files=() rules=()
    local -A excepted=()

    folders=$(sed -nE 's/^SHOP_MODULE\(([a-z]+)\)$/\1/p' "$root/modules.def" | paste -sd'|')
    [[ -n $folders ]] || { echo "layers: no module found in modules.def"; return 1; }
    nouns=$(cd -- "$root" && find . -name '*_repo.h' | sed -E 's#^\./(.*)_repo\.h$#\1#' | paste -sd'|')
    [[ -n $nouns ]] || { echo "layers: no repository port found"; return 1; }
    while read -r file target _; do
        excepted["$file $target"]=1
    done < <(read_exceptions)
    while read -r regex allowed; do
        regex=${regex//@folder/($folders)}
        files+=("${regex//@noun/($nouns)}")
        allowed=${allowed//@module/($folders)/[a-z]+_module\\.h}
        allowed=${allowed//@folder/($folders)}
        rules+=("${allowed//@noun/($nouns)}")
    done < <(read_roles)

    while read -r file target; do
        seen=$((seen + 1))
        [[ $file == "$last" ]] || matched=
        [[ $matched ]] || for row in "${!files[@]}"; do
            [[ $file =~ ^(${files[row]})$ ]] || continue
            allowed=${rules[row]//@dir/${file%/*}}
            allowed=${allowed//@httpd/$HTTPD}
            matched=1
            last=$file
            break
        done
        if [[ -z $matched ]]; then
            echo "layers: $file has no role in the table"
            bad=$((bad + 1))
        elif [[ ${excepted["$file $target"]-} ]]; then
            excepted["$file $target"]=2
        elif is_never_allowed "$file" "$target" ||
            ! [[ $target =~ ^($OPEN|$allowed|errors\.def|log\.def|modules\.def)$ ]]; then
            echo "layers: $file must not include $target"
            bad=$((bad + 1))
        fi
    done < <(read_includes "$root")

    if ((seen < 100)); then
        echo "layers: only $seen #include lines found: the search is broken"
        bad=$((bad + 1))
    fi
    for row in "${!excepted[@]}"; do
        if [[ ${excepted[$row]} == 1 ]]; then
            echo "layers: the exception '$row' is no longer needed"
            bad=$((bad + 1))
        fi
    done
    return $((bad > 100 ? 100 : bad))
}

plant() { # FILE LINE : the copy with this line must be refused, naming the file
    local copy=$work/mod_shop said

    cp -r -- "$srcdir/mod_shop" "$work/"
    printf '%s\n' "$2" >>"$copy/$1"
    if said=$(check_tree "$copy"); then
        echo "layers: did not see $2 in $1"
        failed=1
    elif [[ $said != *"layers: $1 must not include"* ]]; then
        echo "layers: saw $2 in $1 for another reason: $said"
        failed=1
    fi
    rm -rf -- "$copy"
}

selftest() {
    work=$(mktemp -d)
    trap 'rm -rf -- "$work"' EXIT
    failed=0
    plant coupons/coupon.c '#include <httpd.h>'
    plant coupons/coupon.c '#  include   <http_config.h>'
    plant coupons/coupon.c '#include "../http/req.h"'
    plant coupons/coupon.c '#include "coupon_mongo.h"'
    plant coupons/coupon_api.c '#include <bson/bson.h>'
    plant coupons/coupon_api.c '#include <mongoc/mongoc.h>'
    plant coupons/coupon_api.c '#include "../catalogue/product_api.h"'
    plant coupons/coupon_api.c '#include "coupon_mongo.h"'
    plant coupons/coupon_api.c '#include "../drivers/mongo.h"'
    plant catalogue/product.h '#include "../inventory/stock_mongo.h"'
    plant inventory/stock_api.c '#include "../catalogue/product_api.h"'
    plant inventory/stock_api.c '#include "stock_mongo.h"'
    plant inventory/movement_mongo.c '#include "../catalogue/product_view.h"'
    plant orders/order_place.c '#include "order_mongo.h"'
    plant orders/order_place.c '#include "../app.h"'
    plant orders/order_repo.h '#include "../http/res.h"'
    plant catalogue/product_mongo.c '#include "../app.h"'
    plant catalogue/product_mongo.c '#include "../http/req.h"'
    plant base/json.c '#include "../http/req.h"'
    plant base/money.c '#include <openssl/evp.h>'
    plant http/dispatch.c '#include "../app.h"'
    plant http/dispatch.c '#include "../guard/token.h"'
    plant http/dispatch.c '#include "../cache/cache_local.h"'
    plant guard/authn.c '#include "../app.h"'
    plant guard/authn.c '#include "../accounts/account_repo.h"'
    plant orders/order_place.c '#include "orders_module.h"'
    plant orders/order_reap.c '#include "../store/reservation_mongo.h"'
    plant coupons/coupon_api.c '#include "../store/reservation_mongo.h"'
    plant coupons/coupon.c '#include "../store/reservation.h"'
    plant store/reservation.h '#include "../drivers/mongo.h"'
    plant store/reservation.h '#include "../catalogue/product.h"'
    plant store/reservation_mongo.c '#include "../coupons/coupon_mongo.h"'
    plant drivers/redis.c '#include <mongoc/mongoc.h>'
    plant guard/rate.c '#include <httpd.h>'
    plant server/request.c '#include "../drivers/mongo.h"'
    plant server/request.c '#include "../catalogue/product.h"'
    plant app.c '#include "server/conf.h"'
    plant app.c '#include <httpd.h>'
    mkdir "$work/mod_shop"
    cp -- "$srcdir/mod_shop/modules.def" "$work/mod_shop/"
    if check_tree "$work/mod_shop" >/dev/null; then
        echo 'layers: an empty tree passed'
        failed=1
    fi
    return "$failed"
}

if [[ ${1-} == --selftest ]]; then
    selftest
    exit
fi
check_tree "$srcdir/mod_shop"
bash "$self" --selftest
