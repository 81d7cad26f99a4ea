# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/coupons/coupon.c \
	mod_shop/coupons/coupon.h \
	mod_shop/coupons/coupon_api.c \
	mod_shop/coupons/coupon_mongo.c \
	mod_shop/coupons/coupon_mongo.h \
	mod_shop/coupons/coupon_redeem_mongo.c \
	mod_shop/coupons/coupon_repo.h \
	mod_shop/coupons/coupon_voids.h \
	mod_shop/coupons/coupon_voids_mongo.c \
	mod_shop/coupons/coupons_module.c \
	mod_shop/coupons/coupons_module.h
