# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/catalogue/catalogue_module.c \
	mod_shop/catalogue/catalogue_module.h \
	mod_shop/catalogue/product.c \
	mod_shop/catalogue/product.h \
	mod_shop/catalogue/product_admin_api.c \
	mod_shop/catalogue/product_api.c \
	mod_shop/catalogue/product_api.h \
	mod_shop/catalogue/product_bson.c \
	mod_shop/catalogue/product_bson.h \
	mod_shop/catalogue/product_keys_mongo.c \
	mod_shop/catalogue/product_list_mongo.c \
	mod_shop/catalogue/product_list_mongo.h \
	mod_shop/catalogue/product_mongo.c \
	mod_shop/catalogue/product_mongo.h \
	mod_shop/catalogue/product_repo.h \
	mod_shop/catalogue/product_sold_out.h \
	mod_shop/catalogue/product_sold_out_mongo.c \
	mod_shop/catalogue/product_view.c \
	mod_shop/catalogue/product_view.h
