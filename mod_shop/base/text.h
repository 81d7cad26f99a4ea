/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_TEXT_H
#define SHOP_BASE_TEXT_H

/* Text from outside: checks and normal forms, by libutf8proc. All inputs are valid UTF-8 (the
 * JSON reader has refused everything else). */

#include <apr_pools.h>
#include <apr_tables.h>
#include <stdbool.h>

/* Number of code points. */
apr_size_t shop_text_length(const char *text);
/* No control, format, surrogate, private or unassigned characters (Unicode C*) and no invisible
 * fillers, so no ESC, RTL override or zero-width. Newlines, tab and the zero-width joiner pass when
 * multiline. */
bool shop_text_printable(const char *text, bool multiline);
/* Nothing but white space, or nothing at all? */
bool shop_text_blank(const char *text);
/* NFC + case folding: the key under which names are compared. NULL when not normalisable. */
const char *shop_text_fold(const char *text, apr_pool_t *pool);
/* Addresses as RFC 5321 allows without quoting: ASCII local part, a domain with a dot, IDN domains
 * as they are or as A-labels; at most 254 bytes. */
bool shop_text_is_email(const char *text);
/* The key an e-mail is compared by: folded, NFC. */
const char *shop_text_email_key(const char *email, apr_pool_t *pool);
/* http(s) URL without user info, or an absolute path ("/x", not "//x"); at most 2048 bytes, no
 * controls or spaces. */
bool shop_text_is_image_url(const char *text);
/* Search words of the text: NFKD, folded, marks dropped, split at everything that is no letter or
 * digit, without repeats, at most max. Array of const char * in pool. */
apr_array_header_t *shop_text_tokens(const char *text, int max, apr_pool_t *pool);

#endif
