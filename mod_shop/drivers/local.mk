# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/drivers/breaker.c \
	mod_shop/drivers/breaker.h \
	mod_shop/drivers/brotli.c \
	mod_shop/drivers/brotli.h \
	mod_shop/drivers/gzip.c \
	mod_shop/drivers/gzip.h \
	mod_shop/drivers/jwt.c \
	mod_shop/drivers/jwt.h \
	mod_shop/drivers/mongo.c \
	mod_shop/drivers/mongo.h \
	mod_shop/drivers/mongo_bson.c \
	mod_shop/drivers/mongo_deadline.c \
	mod_shop/drivers/mongo_index.c \
	mod_shop/drivers/mongo_inner.h \
	mod_shop/drivers/mongo_loan.c \
	mod_shop/drivers/mongo_read.c \
	mod_shop/drivers/mongo_unique.c \
	mod_shop/drivers/mongo_uri.c \
	mod_shop/drivers/mongo_write.c \
	mod_shop/drivers/password.c \
	mod_shop/drivers/password.h \
	mod_shop/drivers/password_werkzeug.c \
	mod_shop/drivers/password_werkzeug.h \
	mod_shop/drivers/redis.c \
	mod_shop/drivers/redis.h \
	mod_shop/drivers/redis_inner.h \
	mod_shop/drivers/redis_listen.c \
	mod_shop/drivers/redis_listen.h \
	mod_shop/drivers/redis_url.c \
	mod_shop/drivers/redis_url.h \
	mod_shop/drivers/redis_wire.c \
	mod_shop/drivers/redis_wire.h
