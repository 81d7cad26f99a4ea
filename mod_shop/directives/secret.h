/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DIRECTIVES_SECRET_H
#define SHOP_DIRECTIVES_SECRET_H

/* Where a secret comes from: "file:path", "env:NAME", "exec:/program arguments", or the secret
 * itself. For directives and for options of shopctl. Messages never quote a secret. */

#include <apr_pools.h>
#include <stdbool.h>

/* Resolves text into *secret, in pool: the first line without its line end. A file must not be
 * readable by group or others; a relative path begins at folder (NULL: the current one). *literal:
 * text is the secret itself. NULL, or the clause that says what is wrong. Reads files and runs
 * programs; a program has ten seconds for its line. */
const char *shop_secret_resolve(const char **secret, bool *literal, const char *text,
                                const char *folder, apr_pool_t *pool);

#endif
