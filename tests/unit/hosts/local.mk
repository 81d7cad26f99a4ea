# SPDX-License-Identifier: MIT
unit_tests += tests/unit/hosts/test_hosts
tests_unit_hosts_test_hosts_SOURCES = tests/unit/hosts/test_announce.c
