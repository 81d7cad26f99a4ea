# SPDX-License-Identifier: MIT
unit_tests += tests/unit/store/test_store
tests_unit_store_test_store_SOURCES = \
	tests/unit/store/test_currency.c \
	tests/unit/store/test_record_http.c
unit_tests += tests/unit/store/test_indexes
tests_unit_store_test_indexes_SOURCES = tests/unit/store/test_indexes.c
