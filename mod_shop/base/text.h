/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_TEXT_H
#define SHOP_BASE_TEXT_H

/* Text from outside: checks and normal forms, by libutf8proc. All inputs are valid UTF-8 (the
 * JSON reader has refused everything else). The tables may be older than the text: code points that
 * they do not know are taken as they are. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <stdbool.h>
#include <stdint.h>

/* Number of code points. */
apr_size_t shop_text_length(const char *text);
/* The first code point that no text may hold, -1 when there is none: controls (line feed and tab
 * pass when multiline), separators of lines and paragraphs, bidirectional embeddings and overrides,
 * noncharacters. SHOP_TEXT_BROKEN: no UTF-8. */
#define SHOP_TEXT_BROKEN 0x110000
int32_t shop_text_refused(const char *text, bool multiline);
/* Nothing but white space and invisible characters, or nothing at all? */
bool shop_text_blank(const char *text);
/* Without the spaces of any kind at its ends; text itself when there are none. */
const char *shop_text_trim(const char *text, apr_pool_t *pool);
/* NFC + case folding: the key under which names are compared. NULL when not normalisable. */
const char *shop_text_fold(const char *text, apr_pool_t *pool);
/* The key of a name in which case counts: NFC, one space for each run of white space, none at the
 * ends, and without invisible characters. NULL as above. */
const char *shop_text_name_key(const char *name, apr_pool_t *pool);

/* Letters, marks and digits of any script, "_", "." and "-"; not only invisible ones. */
bool shop_text_is_username(const char *text);
/* The key of a username: folded, of what is seen of it. NULL as above. */
const char *shop_text_username_key(const char *username, apr_pool_t *pool);
/* A password as RFC 8265 compares it (OpaqueString): spaces of any kind are ASCII spaces, NFC. text
 * itself when it is that already, or has no normal form. */
const char *shop_text_opaque(const char *text, apr_pool_t *pool);

/* Addresses as RFC 5321 allows without quoting: ASCII local part, a domain with a dot, in A-labels
 * or in letters of any script; at most 254 bytes. */
bool shop_text_is_email(const char *text);
/* The key an address is compared by: small letters, the domain as A-labels (IDNA 2008). NULL when
 * it is no address, or IDNA has no such domain. */
const char *shop_text_email_key(const char *email, apr_pool_t *pool);
/* The key that was stored before domains were compared as A-labels: folded, NFC. NULL when not
 * normalisable. */
const char *shop_text_email_old_key(const char *email, apr_pool_t *pool);
/* http(s) URL without user info, or an absolute path ("/x", not "//x"); at most 2048 bytes, no
 * controls or spaces. */
bool shop_text_is_image_url(const char *text);
/* Search words of the text: NFKD, folded, marks dropped, split at everything that is no letter or
 * digit, without repeats, at most max. Array of const char * in pool. */
apr_array_header_t *shop_text_tokens(const char *text, int max, apr_pool_t *pool);

#endif
