# SPDX-License-Identifier: MIT
unit_tests += tests/unit/audit/test_audit
tests_unit_audit_test_audit_SOURCES = tests/unit/audit/test_verify.c
