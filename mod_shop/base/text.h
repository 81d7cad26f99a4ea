/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_TEXT_H
#define SHOP_BASE_TEXT_H

/* Validation and normalisation of text from clients, with libutf8proc. All inputs are valid UTF-8
 * (the JSON parser has refused anything else). Code points that are newer than its tables are
 * accepted and left unchanged. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <stdbool.h>
#include <stdint.h>

/* Number of code points. */
apr_size_t shop_text_length(const char *text);
/* The first code point that is never allowed, -1 when there is none: controls (except line feed and
 * tab when multiline), line and paragraph separators, bidirectional embeddings and overrides,
 * noncharacters. SHOP_TEXT_BROKEN: invalid UTF-8. */
#define SHOP_TEXT_BROKEN 0x110000
int32_t shop_text_refused(const char *text, bool multiline);
/* Text of any bytes as UTF-8 of one line, of at most room bytes: U+FFFD for each byte that is no
 * UTF-8, a space for each character that shop_text_refused names. For logs. */
const char *shop_text_one_line(const char *text, apr_size_t room, apr_pool_t *pool);
/* Is the text empty, or all white space and invisible characters? */
bool shop_text_blank(const char *text);
/* The text without leading and trailing white space; text itself when there is none. */
const char *shop_text_trim(const char *text, apr_pool_t *pool);
/* NFC + case folding: the key under which names are compared. NULL when not normalisable. */
const char *shop_text_fold(const char *text, apr_pool_t *pool);
/* The key of a case-sensitive name: NFC, one space for each run of white space, none at the ends,
 * no invisible characters. NULL as above. */
const char *shop_text_name_key(const char *name, apr_pool_t *pool);

/* Is it made of letters, marks and digits of any script, "_", "." and "-", and not invisible? */
bool shop_text_is_username(const char *text);
/* The key of a username: its visible characters, case-folded. NULL as above. */
const char *shop_text_username_key(const char *username, apr_pool_t *pool);
/* A password in the form that RFC 8265 compares (OpaqueString): any space becomes an ASCII space,
 * then NFC. Returns text itself when nothing changes or it cannot be normalised. */
const char *shop_text_opaque(const char *text, apr_pool_t *pool);

/* Is it an address that RFC 5321 allows without quoting? ASCII local part; domain with a dot, of
 * A-labels or letters of any script; at most 254 bytes. */
bool shop_text_is_email(const char *text);
/* The key by which addresses are compared: lower case, the domain as A-labels (IDNA 2008). NULL
 * when it is no address or IDNA does not allow the domain. */
const char *shop_text_email_key(const char *email, apr_pool_t *pool);
/* The key that earlier versions stored, which did not convert domains to A-labels: case-folded,
 * NFC. NULL when not normalisable. */
const char *shop_text_email_old_key(const char *email, apr_pool_t *pool);
/* Is it an http(s) URL without user info, or an absolute path ("/x", not "//x")? At most 2048
 * bytes, no control characters or spaces. */
bool shop_text_is_image_url(const char *text);
/* Search terms of the text: NFKD, case-folded, marks removed, split at everything but letters and
 * digits, without duplicates, at most max. Array of const char * in pool. */
apr_array_header_t *shop_text_tokens(const char *text, int max, apr_pool_t *pool);

#endif
