# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/ops/health.c \
	mod_shop/ops/health.h \
	mod_shop/ops/health_live.c \
	mod_shop/ops/health_live.h \
	mod_shop/ops/ops.h \
	mod_shop/ops/ops_api.c \
	mod_shop/ops/verify.c \
	mod_shop/ops/verify.h \
	mod_shop/ops/verify_coupon_mongo.c \
	mod_shop/ops/verify_inner.h \
	mod_shop/ops/verify_mongo.c \
	mod_shop/ops/verify_mongo.h \
	mod_shop/ops/verify_order_mongo.c \
	mod_shop/ops/verify_orders.c \
	mod_shop/ops/verify_run.c \
	mod_shop/ops/verify_run.h \
	mod_shop/ops/verify_stock.c \
	mod_shop/ops/verify_store.h
