# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/guard/access.c \
	mod_shop/guard/attempts.c \
	mod_shop/guard/authn.c \
	mod_shop/guard/guard_rate.c \
	mod_shop/guard/guard_schema.c \
	mod_shop/guard/guards.h \
	mod_shop/guard/limiter.h \
	mod_shop/guard/limiter_lease.c \
	mod_shop/guard/limiter_redis.c \
	mod_shop/guard/limiter_redis.h \
	mod_shop/guard/limiter_shm.c \
	mod_shop/guard/rate.c \
	mod_shop/guard/rate.h \
	mod_shop/guard/revoked_none.c \
	mod_shop/guard/revoked_redis.c \
	mod_shop/guard/revoked_redis.h \
	mod_shop/guard/revoked_shm.c \
	mod_shop/guard/revoked_shm.h \
	mod_shop/guard/slots.c \
	mod_shop/guard/slots.h \
	mod_shop/guard/token.c \
	mod_shop/guard/token.h \
	mod_shop/guard/token_cache.c \
	mod_shop/guard/token_cache.h \
	mod_shop/guard/token_chain.c \
	mod_shop/guard/token_chain.h
