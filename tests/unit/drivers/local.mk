# SPDX-License-Identifier: MIT
unit_tests += tests/unit/drivers/test_drivers
tests_unit_drivers_test_drivers_SOURCES = \
	tests/unit/drivers/test_breaker.c \
	tests/unit/drivers/test_mongo_uri.c \
	tests/unit/drivers/test_password.c
# what test_password.c steers
tests_unit_drivers_test_drivers_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sem_clockwait \
	-Wl,--wrap=crypto_pwhash_str_verify
