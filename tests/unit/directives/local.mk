# SPDX-License-Identifier: MIT
unit_tests += tests/unit/directives/test_directives
tests_unit_directives_test_directives_SOURCES = tests/unit/directives/test_directives.c
unit_tests += tests/unit/directives/test_secret
tests_unit_directives_test_secret_SOURCES = tests/unit/directives/test_secret.c
