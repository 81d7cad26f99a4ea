# SPDX-License-Identifier: MIT
unit_tests += tests/unit/guard/test_guard
tests_unit_guard_test_guard_SOURCES = \
	tests/unit/guard/test_authn.c \
	tests/unit/guard/test_limiter_lease.c \
	tests/unit/guard/test_limiter_shm.c \
	tests/unit/guard/test_rate.c \
	tests/unit/guard/test_revoked_shm.c \
	tests/unit/guard/test_token.c \
	tests/unit/guard/test_token_chain.c
tests_unit_guard_test_guard_LDFLAGS = $(STILL_CLOCK)
