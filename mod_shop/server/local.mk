# SPDX-License-Identifier: MIT
mod_shop_la_SOURCES += \
	mod_shop/server/body.c \
	mod_shop/server/conf.c \
	mod_shop/server/conf.h \
	mod_shop/server/conf_dump.c \
	mod_shop/server/conf_parse.c \
	mod_shop/server/conf_secret.c \
	mod_shop/server/conf_words.c \
	mod_shop/server/conf_words.h \
	mod_shop/server/directives.def \
	mod_shop/server/lifecycle.c \
	mod_shop/server/log_sink.c \
	mod_shop/server/metrics.c \
	mod_shop/server/problem_filter.c \
	mod_shop/server/request.c \
	mod_shop/server/server.h
