# SPDX-License-Identifier: MIT
unit_tests += tests/unit/openapi/test_openapi
tests_unit_openapi_test_openapi_SOURCES = tests/unit/openapi/test_openapi.c
