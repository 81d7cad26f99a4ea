# SPDX-License-Identifier: MIT
unit_tests += tests/unit/http/test_http
tests_unit_http_test_http_SOURCES = \
	tests/unit/http/test_body.c \
	tests/unit/http/test_coding.c \
	tests/unit/http/test_dispatch.c \
	tests/unit/http/test_etag.c \
	tests/unit/http/test_media.c \
	tests/unit/http/test_problem.c \
	tests/unit/http/test_query.c \
	tests/unit/http/test_res.c \
	tests/unit/http/test_router.c
