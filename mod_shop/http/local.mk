# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/http/body.c \
	mod_shop/http/body.h \
	mod_shop/http/change.c \
	mod_shop/http/change.h \
	mod_shop/http/coding.c \
	mod_shop/http/coding.h \
	mod_shop/http/dispatch.c \
	mod_shop/http/dispatch.h \
	mod_shop/http/etag.c \
	mod_shop/http/etag.h \
	mod_shop/http/front.h \
	mod_shop/http/idempotency.c \
	mod_shop/http/idempotency.h \
	mod_shop/http/media.c \
	mod_shop/http/media.h \
	mod_shop/http/problem.c \
	mod_shop/http/problem.h \
	mod_shop/http/query.c \
	mod_shop/http/query.h \
	mod_shop/http/req.c \
	mod_shop/http/req.h \
	mod_shop/http/res.c \
	mod_shop/http/res.h \
	mod_shop/http/route.h \
	mod_shop/http/router.c \
	mod_shop/http/uri.c \
	mod_shop/http/uri.h
