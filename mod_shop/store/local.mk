# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/store/currency.h \
	mod_shop/store/currency_mongo.c \
	mod_shop/store/migrate.c \
	mod_shop/store/migrate.h \
	mod_shop/store/record.c \
	mod_shop/store/record.h \
	mod_shop/store/record_bson.c \
	mod_shop/store/record_bson.h \
	mod_shop/store/record_http.c \
	mod_shop/store/record_http.h \
	mod_shop/store/record_mongo.c \
	mod_shop/store/record_mongo.h \
	mod_shop/store/reservation.h \
	mod_shop/store/reservation_look_mongo.c \
	mod_shop/store/reservation_mongo.c \
	mod_shop/store/reservation_mongo.h \
	mod_shop/store/schema.h \
	mod_shop/store/schema_mongo.c \
	mod_shop/store/walk_mongo.c \
	mod_shop/store/walk_mongo.h
