# SPDX-License-Identifier: MIT
# the table of commands and what is printed from it: shopctl, gendocs and the tests use it
noinst_LTLIBRARIES += libctl.la
libctl_la_SOURCES = \
	tools/shopctl.def \
	tools/shopctl_man.c \
	tools/shopctl_pages.c \
	tools/shopctl_pages.h \
	tools/shopctl_table.c \
	tools/shopctl_table.h

bin_PROGRAMS = shopctl
shopctl_SOURCES = \
	tools/shopctl.c \
	tools/shopctl.h \
	tools/shopctl_init.c \
	tools/shopctl_keygen.c \
	tools/shopctl_migrate.c \
	tools/shopctl_openapi.c \
	tools/shopctl_password.c \
	tools/shopctl_reap.c \
	tools/shopctl_schema.h \
	tools/shopctl_user_create.c \
	tools/shopctl_verify.c
shopctl_LDADD = libctl.la libshop.la $(SHOP_LIBS)
noinst_PROGRAMS = gendocs
gendocs_SOURCES = tools/gendocs.c
gendocs_LDADD = libctl.la libshop.la $(SHOP_LIBS)
