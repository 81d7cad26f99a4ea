# SPDX-License-Identifier: MIT
unit_tests += tests/unit/orders/test_orders
tests_unit_orders_test_orders_SOURCES = \
	tests/unit/orders/order_tests.h \
	tests/unit/orders/test_order_api.c \
	tests/unit/orders/test_order_claims.c \
	tests/unit/orders/test_order_faults.c \
	tests/unit/orders/test_order_money.c \
	tests/unit/orders/test_order_place.c \
	tests/unit/orders/test_order_races.c \
	tests/unit/orders/test_order_rules.c
