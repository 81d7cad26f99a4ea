# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/products/product.c \
	mod_shop/products/product.h \
	mod_shop/products/product_admin_api.c \
	mod_shop/products/product_api.c \
	mod_shop/products/product_api.h \
	mod_shop/products/product_list_mongo.c \
	mod_shop/products/product_mongo.c \
	mod_shop/products/product_mongo.h \
	mod_shop/products/product_movements_mongo.c \
	mod_shop/products/product_order_mongo.c \
	mod_shop/products/product_repo.h \
	mod_shop/products/product_stock_mongo.c
