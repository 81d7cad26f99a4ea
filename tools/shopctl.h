/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_SHOPCTL_H
#define SHOP_TOOLS_SHOPCTL_H

/* What the commands of shopctl share: one file a command, each with shopctl_run_<name>. */

#include <jansson.h>

#include "mod_shop/app.h"
#include "mod_shop/settings.h"
#include "tools/shopctl_table.h"

/* A walk over all orders may wait longer for a page than a customer may for an answer. */
#define SHOPCTL_PATIENCE_MS 60000
/* An index over millions of documents takes minutes to build, and the store answers behind it. */
#define SHOPCTL_BUILD_PATIENCE_MS (30 * 60 * 1000)

typedef struct shopctl_t {
    shopctl_line_t line;
    shop_settings_t settings; /* the defaults; mongo_uri by shopctl_use_store */
    apr_pool_t *pool;
} shopctl_t;

/* Each runs one command, prints what it did or why not, and returns the exit status. */
#define SHOPCTL_COMMAND(name, words, arguments, count, options, summary, help) \
    int shopctl_run_##name(shopctl_t *ctl);
#include "tools/shopctl.def"

static inline const char *shopctl_value(const shopctl_t *ctl, int option)
{
    return ctl->line.values[option];
}

/* Prints the sentence (printf, without a full stop) and how to get help; returns SHOPCTL_EXIT_USAGE
 * for the caller to return. */
int shopctl_complain(const shopctl_t *ctl, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints the error; returns the exit status for it. */
int shopctl_fail(const shop_error_t *err);
/* Prints the object, which is released, as the output of --json. */
void shopctl_print_json(json_t *object);

/* Resolves the connection string into settings. 0, or an exit status when it is wrong and that was
 * printed. */
int shopctl_use_store(shopctl_t *ctl);
/* The same, and wires the app over it; the database must be of a schema that this version knows.
 * Nothing here signs tokens. */
int shopctl_open(shop_app_t **app, shopctl_t *ctl);

/* "database shop at 127.0.0.1:27017", of settings.mongo_uri after shopctl_use_store, in ctl->pool;
 * without user, password and options. */
const char *shopctl_database(const shopctl_t *ctl);
/* *prepared: the database has a schema document. Where it has none, that was printed. 0, or the
 * exit status when it cannot be read and that was printed. */
int shopctl_check_prepared(bool *prepared, const shopctl_t *ctl);

/* What is wrong with a new password. */
typedef shop_error_t *(*shopctl_password_check_t)(const char *password, const shopctl_t *ctl);

/* Reads a new password: from --password-file, else twice from the terminal, where it is checked
 * before it is asked for again. 0, or the exit status of what was printed. */
int shopctl_read_password(const char **password, const shopctl_t *ctl,
                          shopctl_password_check_t check);

#endif
