# SPDX-License-Identifier: MIT
unit_tests += tests/unit/catalogue/test_catalogue
tests_unit_catalogue_test_catalogue_SOURCES = tests/unit/catalogue/test_products.c
