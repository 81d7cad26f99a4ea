# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/metrics/metrics.c \
	mod_shop/metrics/metrics.def \
	mod_shop/metrics/metrics.h \
	mod_shop/metrics/metrics_text.c
