# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/orders/order.c \
	mod_shop/orders/order.h \
	mod_shop/orders/order_abort.c \
	mod_shop/orders/order_api.c \
	mod_shop/orders/order_api.h \
	mod_shop/orders/order_bson.c \
	mod_shop/orders/order_bson.h \
	mod_shop/orders/order_cancel.c \
	mod_shop/orders/order_clean.c \
	mod_shop/orders/order_correct_mongo.c \
	mod_shop/orders/order_guess_api.c \
	mod_shop/orders/order_mongo.c \
	mod_shop/orders/order_mongo.h \
	mod_shop/orders/order_place.c \
	mod_shop/orders/order_ports.h \
	mod_shop/orders/order_quote.c \
	mod_shop/orders/order_quote_api.c \
	mod_shop/orders/order_quote_api.h \
	mod_shop/orders/order_reap.c \
	mod_shop/orders/order_refund.c \
	mod_shop/orders/order_refund_api.c \
	mod_shop/orders/order_refund_api.h \
	mod_shop/orders/order_refund_mongo.c \
	mod_shop/orders/order_repo.h \
	mod_shop/orders/order_reservation.c \
	mod_shop/orders/order_reservation.h \
	mod_shop/orders/order_view.c \
	mod_shop/orders/order_view.h \
	mod_shop/orders/orders_module.c \
	mod_shop/orders/orders_module.h
