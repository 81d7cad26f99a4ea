# SPDX-License-Identifier: MIT
unit_tests += tests/unit/cart/test_cart
tests_unit_cart_test_cart_SOURCES = tests/unit/cart/test_cart.c
