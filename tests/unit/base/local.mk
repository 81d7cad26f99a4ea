# SPDX-License-Identifier: MIT
unit_tests += tests/unit/base/test_base
tests_unit_base_test_base_SOURCES = \
	tests/unit/base/test_clock.c \
	tests/unit/base/test_cursor.c \
	tests/unit/base/test_error.c \
	tests/unit/base/test_fields.c \
	tests/unit/base/test_id.c \
	tests/unit/base/test_json.c \
	tests/unit/base/test_json_write.c \
	tests/unit/base/test_log.c \
	tests/unit/base/test_log_json.c \
	tests/unit/base/test_money.c \
	tests/unit/base/test_number.c \
	tests/unit/base/test_text.c \
	tests/unit/base/test_text_email.c \
	tests/unit/base/test_text_pattern.c
