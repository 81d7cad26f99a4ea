# SPDX-License-Identifier: MIT
unit_tests += tests/unit/coupons/test_coupons
tests_unit_coupons_test_coupons_SOURCES = tests/unit/coupons/test_coupons.c
