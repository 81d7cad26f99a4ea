# SPDX-License-Identifier: MIT
# A test is named once: its file in the list of its folder.
unit_tests =
contract_tests =
# for programs whose verdict must not hang on a clock: tests/kit/still_clock.h
STILL_CLOCK = $(AM_LDFLAGS) -Wl,--wrap=shop_clock_monotonic
LDADD = libtestkit.la libshop.la $(SHOP_LIBS) -lcunit -lpthread

include tests/kit/local.mk
include tests/unit/accounts/local.mk
include tests/unit/audit/local.mk
include tests/unit/base/local.mk
include tests/unit/cache/local.mk
include tests/unit/cart/local.mk
include tests/unit/catalogue/local.mk
include tests/unit/coupons/local.mk
include tests/unit/directives/local.mk
include tests/unit/drivers/local.mk
include tests/unit/guard/local.mk
include tests/unit/hosts/local.mk
include tests/unit/http/local.mk
include tests/unit/inventory/local.mk
include tests/unit/metrics/local.mk
include tests/unit/openapi/local.mk
include tests/unit/orders/local.mk
include tests/unit/store/local.mk
include tests/unit/tools/local.mk
include tests/contract/local.mk
include tests/storm/local.mk
include tests/checks/local.mk
include tests/fuzz/local.mk

if UNIT_TESTS
check_LTLIBRARIES += libtestkit.la
check_PROGRAMS += $(unit_tests) $(contract_tests)
TESTS += $(unit_tests) $(contract_tests)
endif
if CUNIT_MISSING
# make check builds this first
check_DATA = cunit
.PHONY: cunit
cunit:
	@echo 'make check: CUnit is missing, so no unit test can run. Install it (Debian: libcunit1-dev) and' \
		'configure again, or configure with --without-unit-tests.' >&2; exit 1
endif
TESTS += $(check_scripts)
EXTRA_DIST += $(check_scripts)
