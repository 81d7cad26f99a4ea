# SPDX-License-Identifier: MIT
# What every test program is linked with: the frame, the fakes, a shop in memory, a real store.
libtestkit_la_SOURCES = \
	tests/kit/account_mem.c \
	tests/kit/account_mem.h \
	tests/kit/accounts.c \
	tests/kit/accounts.h \
	tests/kit/cart_mem.c \
	tests/kit/cart_mem.h \
	tests/kit/contract_store.c \
	tests/kit/contract_store.h \
	tests/kit/coupon_mem.c \
	tests/kit/coupon_mem.h \
	tests/kit/crowd.c \
	tests/kit/harness.c \
	tests/kit/harness.h \
	tests/kit/kit.c \
	tests/kit/kit.h \
	tests/kit/main.c \
	tests/kit/order_mem.c \
	tests/kit/order_mem.h \
	tests/kit/order_shop.c \
	tests/kit/order_shop.h \
	tests/kit/product_mem.c \
	tests/kit/product_mem.h \
	tests/kit/record_contract.c \
	tests/kit/record_contract.h \
	tests/kit/record_mem.c \
	tests/kit/record_mem.h \
	tests/kit/request.c \
	tests/kit/request.h \
	tests/kit/reservation_calls.h \
	tests/kit/reservation_mem.c \
	tests/kit/reservation_mem.h \
	tests/kit/still_clock.c \
	tests/kit/still_clock.h \
	tests/kit/stock_mem.c \
	tests/kit/stock_mem.h \
	tests/kit/toy.c \
	tests/kit/toy.h
