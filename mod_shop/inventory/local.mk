# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/inventory/inventory_module.c \
	mod_shop/inventory/inventory_module.h \
	mod_shop/inventory/movement_mongo.c \
	mod_shop/inventory/stock.c \
	mod_shop/inventory/stock.h \
	mod_shop/inventory/stock_api.c \
	mod_shop/inventory/stock_mongo.c \
	mod_shop/inventory/stock_mongo.h \
	mod_shop/inventory/stock_repo.h
