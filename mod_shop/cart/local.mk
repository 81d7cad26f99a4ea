# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/cart/cart.c \
	mod_shop/cart/cart.h \
	mod_shop/cart/cart_api.c \
	mod_shop/cart/cart_api.h \
	mod_shop/cart/cart_bson.c \
	mod_shop/cart/cart_bson.h \
	mod_shop/cart/cart_claim_mongo.c \
	mod_shop/cart/cart_claims.h \
	mod_shop/cart/cart_claims_mongo.c \
	mod_shop/cart/cart_module.c \
	mod_shop/cart/cart_module.h \
	mod_shop/cart/cart_mongo.c \
	mod_shop/cart/cart_mongo.h \
	mod_shop/cart/cart_products_api.c \
	mod_shop/cart/cart_products_api.h \
	mod_shop/cart/cart_repo.h
