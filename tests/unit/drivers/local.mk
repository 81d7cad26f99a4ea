# SPDX-License-Identifier: MIT
unit_tests += tests/unit/drivers/test_drivers
tests_unit_drivers_test_drivers_SOURCES = tests/unit/drivers/test_password.c
