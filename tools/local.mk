# SPDX-License-Identifier: MIT
# the table of commands and what is printed from it: shopctl, gendocs and the tests use it
noinst_LTLIBRARIES += libctl.la
libctl_la_SOURCES = \
	tools/conf_pages.c \
	tools/conf_pages.h \
	tools/doctor_dump.c \
	tools/doctor_dump.h \
	tools/shopctl.def \
	tools/shopctl_man.c \
	tools/shopctl_pages.c \
	tools/shopctl_pages.h \
	tools/shopctl_table.c \
	tools/shopctl_table.h \
	tools/transfer.c \
	tools/transfer.h \
	tools/transfer_inner.h \
	tools/transfer_read.c

bin_PROGRAMS = shopctl
shopctl_SOURCES = \
	tools/doctor.h \
	tools/doctor_database.c \
	tools/doctor_host.c \
	tools/doctor_httpd.c \
	tools/doctor_mongo.c \
	tools/doctor_redis.c \
	tools/doctor_run.c \
	tools/doctor_schema.c \
	tools/doctor_tls.c \
	tools/doctor_tls.h \
	tools/shopctl.c \
	tools/shopctl.h \
	tools/shopctl_config_example.c \
	tools/shopctl_database.c \
	tools/shopctl_doctor.c \
	tools/shopctl_export.c \
	tools/shopctl_import.c \
	tools/shopctl_init.c \
	tools/shopctl_keygen.c \
	tools/shopctl_migrate.c \
	tools/shopctl_openapi.c \
	tools/shopctl_password.c \
	tools/shopctl_reap.c \
	tools/shopctl_schema.h \
	tools/shopctl_transfer.c \
	tools/shopctl_transfer.h \
	tools/shopctl_user_create.c \
	tools/shopctl_verify.c
shopctl_LDADD = libctl.la libshop.la $(SSL_LIBS) $(SHOP_LIBS)
noinst_PROGRAMS = gendocs
gendocs_SOURCES = tools/gendocs.c
gendocs_LDADD = libctl.la libshop.la $(SHOP_LIBS)

# what is installed beside the programs
man8_MANS = shopctl.8
man5_MANS = mod_shop.5
completionsdir = $(BASH_COMPLETION_DIR)
# bash looks for a completion by the name of the command
completions_DATA = completions/shopctl
CLEANFILES += $(man8_MANS) $(man5_MANS) $(completions_DATA)
shopctl.8 mod_shop.5: gendocs$(EXEEXT)
	$(AM_V_GEN)./gendocs$(EXEEXT) $@ > $@.new && mv -f $@.new $@
completions/shopctl: gendocs$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) completions && ./gendocs$(EXEEXT) completion > $@.new && mv -f $@.new $@
