# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/openapi/openapi.c \
	mod_shop/openapi/openapi.h \
	mod_shop/openapi/openapi_example.c \
	mod_shop/openapi/openapi_headers.c \
	mod_shop/openapi/openapi_parameters.c \
	mod_shop/openapi/openapi_parts.h \
	mod_shop/openapi/openapi_problems.c \
	mod_shop/openapi/openapi_responses.c \
	mod_shop/openapi/openapi_schema.c
