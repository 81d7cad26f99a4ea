# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Debian packages by purpose; sourced by the scripts that install them.

# shellcheck disable=SC2034  # used where this is sourced
SHOP_BUILD_PACKAGES=(build-essential pkg-config autoconf automake libtool apache2-dev
    libapr1-dev libaprutil1-dev libmongoc-dev libhiredis-dev libjansson-dev libjwt-dev
    libssl-dev libsodium-dev libutf8proc-dev libidn2-dev zlib1g-dev libbrotli-dev)
# shellcheck disable=SC2034
SHOP_RUN_PACKAGES=(apache2 redis-server python3 python3-venv openssl curl)
# shellcheck disable=SC2034
SHOP_TEST_PACKAGES=(brotli libcunit1-dev clang clang-format valgrind pmccabe shellcheck
    chromium chromium-driver spin prometheus
    libapache2-mod-security2 modsecurity-crs)
