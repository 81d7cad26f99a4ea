# SPDX-License-Identifier: MIT
unit_tests += tests/unit/tools/test_tools
tests_unit_tools_test_tools_SOURCES = \
	tests/unit/tools/test_doctor_dump.c \
	tests/unit/tools/test_shopctl_table.c \
	tests/unit/tools/test_transfer.c
tests_unit_tools_test_tools_LDADD = libctl.la $(LDADD)
