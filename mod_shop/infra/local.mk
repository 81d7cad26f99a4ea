# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/infra/announce.c \
	mod_shop/infra/announce.h \
	mod_shop/infra/breaker.c \
	mod_shop/infra/breaker.h \
	mod_shop/infra/brotli.c \
	mod_shop/infra/brotli.h \
	mod_shop/infra/changes.c \
	mod_shop/infra/changes.h \
	mod_shop/infra/gzip.c \
	mod_shop/infra/gzip.h \
	mod_shop/infra/jwt.c \
	mod_shop/infra/jwt.h \
	mod_shop/infra/mongo.c \
	mod_shop/infra/mongo.h \
	mod_shop/infra/mongo_bson.c \
	mod_shop/infra/mongo_index.c \
	mod_shop/infra/mongo_inner.h \
	mod_shop/infra/mongo_read.c \
	mod_shop/infra/mongo_uri.c \
	mod_shop/infra/mongo_write.c \
	mod_shop/infra/owed.h \
	mod_shop/infra/password.c \
	mod_shop/infra/password.h \
	mod_shop/infra/password_werkzeug.c \
	mod_shop/infra/password_werkzeug.h \
	mod_shop/infra/redis.c \
	mod_shop/infra/redis.h \
	mod_shop/infra/redis_inner.h \
	mod_shop/infra/redis_listen.c \
	mod_shop/infra/redis_listen.h \
	mod_shop/infra/redis_url.c \
	mod_shop/infra/redis_url.h \
	mod_shop/infra/redis_wire.c \
	mod_shop/infra/redis_wire.h
