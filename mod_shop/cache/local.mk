# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/cache/cache.c \
	mod_shop/cache/cache.h \
	mod_shop/cache/cache_encode.c \
	mod_shop/cache/cache_encode.h \
	mod_shop/cache/cache_local.c \
	mod_shop/cache/cache_local.h \
	mod_shop/cache/cache_redis.c \
	mod_shop/cache/cache_redis.h \
	mod_shop/cache/cache_shard.c \
	mod_shop/cache/cache_shard.h \
	mod_shop/cache/cached_reply.c \
	mod_shop/cache/cached_reply.h
