# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/directives/directive.c \
	mod_shop/directives/directive.h \
	mod_shop/directives/directive_kind.c \
	mod_shop/directives/directive_kind.h \
	mod_shop/directives/directives.def \
	mod_shop/directives/secret.c \
	mod_shop/directives/secret.h
