# SPDX-License-Identifier: MIT
unit_tests += tests/unit/accounts/test_accounts
tests_unit_accounts_test_accounts_SOURCES = \
	tests/unit/accounts/test_account.c \
	tests/unit/accounts/test_account_api.c \
	tests/unit/accounts/test_account_session_api.c
