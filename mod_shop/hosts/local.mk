# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/hosts/announce.c \
	mod_shop/hosts/announce.h \
	mod_shop/hosts/changes.c \
	mod_shop/hosts/changes.h \
	mod_shop/hosts/listener.c \
	mod_shop/hosts/listener.h \
	mod_shop/hosts/pending_sync.h \
	mod_shop/hosts/redis_keys.h
