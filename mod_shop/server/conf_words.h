/* SPDX-License-Identifier: MIT */
#ifndef SHOP_SERVER_CONF_WORDS_H
#define SHOP_SERVER_CONF_WORDS_H

/* The words that directives are made of. Each function reads text and gives NULL, or the clause
 * that says what is wrong with it ("is no ..."), in pool or static. */

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

const char *shop_word_whole(int *value, const char *text, int min, int max, apr_pool_t *pool);
/* "500ms", "30", "30s", "15min", "7d" into milliseconds. */
const char *shop_word_duration(int *ms, const char *text, int min_ms, int max_ms, apr_pool_t *pool);
/* The same into seconds; "0" where min_s is 0. */
const char *shop_word_seconds(int *s, const char *text, int min_s, int max_s, apr_pool_t *pool);
const char *shop_word_on_off(bool *value, const char *text);
/* Bytes: "65536", "64K" or "16M"; 0, or within min and max. */
const char *shop_word_size(int64_t *bytes, const char *text, int64_t min, int64_t max,
                           apr_pool_t *pool);

/* The text behind "name=", NULL when the argument is something else. */
const char *shop_word_option(const char *argument, const char *name);

#endif
