# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/base/base64.c \
	mod_shop/base/base64.h \
	mod_shop/base/clock.c \
	mod_shop/base/clock.h \
	mod_shop/base/cursor.c \
	mod_shop/base/cursor.h \
	mod_shop/base/error.c \
	mod_shop/base/error.h \
	mod_shop/base/errors.def \
	mod_shop/base/fields.c \
	mod_shop/base/fields.h \
	mod_shop/base/fields_schema.c \
	mod_shop/base/fields_write.c \
	mod_shop/base/id.c \
	mod_shop/base/id.h \
	mod_shop/base/json.c \
	mod_shop/base/json.h \
	mod_shop/base/json_own.c \
	mod_shop/base/json_own.h \
	mod_shop/base/json_write.c \
	mod_shop/base/log.c \
	mod_shop/base/log.def \
	mod_shop/base/log.h \
	mod_shop/base/log_json.c \
	mod_shop/base/log_json.h \
	mod_shop/base/money.c \
	mod_shop/base/money.h \
	mod_shop/base/number.c \
	mod_shop/base/number.h \
	mod_shop/base/testpoint.h \
	mod_shop/base/text.c \
	mod_shop/base/text.h \
	mod_shop/base/text_email.c \
	mod_shop/base/text_pattern.h \
	mod_shop/base/violations.def
