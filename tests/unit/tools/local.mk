# SPDX-License-Identifier: MIT
unit_tests += tests/unit/tools/test_shopctl_table
tests_unit_tools_test_shopctl_table_SOURCES = tests/unit/tools/test_shopctl_table.c
tests_unit_tools_test_shopctl_table_LDADD = libctl.la $(LDADD)
