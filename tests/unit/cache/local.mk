# SPDX-License-Identifier: MIT
unit_tests += tests/unit/cache/test_cache
tests_unit_cache_test_cache_SOURCES = tests/unit/cache/test_cache_local.c
tests_unit_cache_test_cache_LDFLAGS = $(STILL_CLOCK)
