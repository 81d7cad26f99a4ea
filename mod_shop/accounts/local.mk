# SPDX-License-Identifier: MIT
libshop_la_SOURCES += \
	mod_shop/accounts/account.c \
	mod_shop/accounts/account.h \
	mod_shop/accounts/account_api.c \
	mod_shop/accounts/account_keys_mongo.c \
	mod_shop/accounts/account_mongo.c \
	mod_shop/accounts/account_mongo.h \
	mod_shop/accounts/account_password.c \
	mod_shop/accounts/account_repo.h \
	mod_shop/accounts/account_session.c \
	mod_shop/accounts/account_session.h \
	mod_shop/accounts/account_session_api.c \
	mod_shop/accounts/account_session_api.h \
	mod_shop/accounts/account_sessions.c \
	mod_shop/accounts/account_sessions.h \
	mod_shop/accounts/accounts_module.c \
	mod_shop/accounts/accounts_module.h
