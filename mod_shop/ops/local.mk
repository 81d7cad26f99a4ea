# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/ops/health.c \
	mod_shop/ops/health.h \
	mod_shop/ops/health_ready.c \
	mod_shop/ops/health_ready.h \
	mod_shop/ops/ops.h \
	mod_shop/ops/ops_api.c \
	mod_shop/ops/ops_module.c \
	mod_shop/ops/schema_ready.c \
	mod_shop/ops/schema_ready.h
