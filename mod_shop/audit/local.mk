# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/audit/verify.c \
	mod_shop/audit/verify.h \
	mod_shop/audit/verify_cart_mongo.c \
	mod_shop/audit/verify_cart_mongo.h \
	mod_shop/audit/verify_carts.c \
	mod_shop/audit/verify_carts.h \
	mod_shop/audit/verify_coupon_mongo.c \
	mod_shop/audit/verify_coupon_mongo.h \
	mod_shop/audit/verify_look.c \
	mod_shop/audit/verify_look.h \
	mod_shop/audit/verify_mongo.c \
	mod_shop/audit/verify_mongo.h \
	mod_shop/audit/verify_order_mongo.c \
	mod_shop/audit/verify_order_mongo.h \
	mod_shop/audit/verify_orders.c \
	mod_shop/audit/verify_orders.h \
	mod_shop/audit/verify_read_mongo.c \
	mod_shop/audit/verify_read_mongo.h \
	mod_shop/audit/verify_reservations.c \
	mod_shop/audit/verify_reservations.h \
	mod_shop/audit/verify_run.c \
	mod_shop/audit/verify_run.h \
	mod_shop/audit/verify_stock.c \
	mod_shop/audit/verify_stock.h \
	mod_shop/audit/verify_store.h
