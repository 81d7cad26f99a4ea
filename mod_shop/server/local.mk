# SPDX-License-Identifier: MIT
mod_shop_la_SOURCES += \
	mod_shop/server/address.c \
	mod_shop/server/background.c \
	mod_shop/server/body.c \
	mod_shop/server/child.c \
	mod_shop/server/conf.c \
	mod_shop/server/conf.h \
	mod_shop/server/conf_check.c \
	mod_shop/server/conf_dump.c \
	mod_shop/server/conf_dump_server.c \
	mod_shop/server/conf_goods.c \
	mod_shop/server/conf_keys.c \
	mod_shop/server/conf_log.c \
	mod_shop/server/conf_own.h \
	mod_shop/server/conf_rates.c \
	mod_shop/server/conf_store.c \
	mod_shop/server/lifecycle.c \
	mod_shop/server/lifecycle.h \
	mod_shop/server/log_json_file.c \
	mod_shop/server/log_sink.c \
	mod_shop/server/metrics.c \
	mod_shop/server/problem_filter.c \
	mod_shop/server/reply.c \
	mod_shop/server/request.c \
	mod_shop/server/request_id.c \
	mod_shop/server/server.h \
	mod_shop/server/shared_memory.c \
	mod_shop/server/translate.c
