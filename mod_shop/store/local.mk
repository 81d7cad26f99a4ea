# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/store/reservation.h \
	mod_shop/store/reservation_mongo.c \
	mod_shop/store/reservation_mongo.h
