/* SPDX-License-Identifier: MIT
 * Entity tags and the two preconditions the API honours. A header that cannot be read names
 * nothing: If-Match then fails, If-None-Match then gives the full reply. */
#include "etag.h"

#include <apr_strings.h>
#include <openssl/evp.h> /* an exception to the layer table: SHA-256 has no other customer here */
#include <string.h>

#include "../base/base64.h"

#define TAG_BYTES 16

const char *shop_etag_of(const char *bytes, apr_size_t size, apr_pool_t *pool)
{
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };

    if (!EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL)) {
        return NULL; /* a reply without a tag is whole; a wrong tag would not be */
    }
    return apr_pstrcat(pool, "\"", shop_base64url_encode(digest, TAG_BYTES, pool), "\"", NULL);
}

typedef struct tag_t {
    const char *text; /* between the quotes */
    apr_size_t size;
    bool weak;
} tag_t;

static bool is_tag_char(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

/* Takes the next tag of a list; false at its end and at anything that is no tag. */
static bool next_tag(tag_t *tag, const char **list)
{
    const char *at = *list;

    while (*at == ' ' || *at == '\t' || *at == ',') {
        at++;
    }
    tag->weak = at[0] == 'W' && at[1] == '/';
    if (tag->weak) {
        at += 2;
    }
    if (*at != '"') {
        return false;
    }
    tag->text = ++at;
    while (is_tag_char(*at)) {
        at++;
    }
    if (*at != '"') {
        return false;
    }
    tag->size = (apr_size_t)(at - tag->text);
    for (at++; *at == ' ' || *at == '\t'; at++) {
    }
    *list = at;
    return *at == ',' || !*at;
}

/* Compression filters of the server append to the tag; it is the same object all the same. */
static bool is_suffix(const char *text, apr_size_t size)
{
    return (size == 5 && !memcmp(text, "-gzip", 5)) || (size == 3 && !memcmp(text, "-br", 3));
}

static bool names(const tag_t *tag, const char *etag)
{
    const char *own = etag + 1; /* behind the quote */
    apr_size_t size = strlen(etag) - 2;

    return tag->size >= size && !memcmp(tag->text, own, size) &&
           (tag->size == size || is_suffix(tag->text + size, tag->size - size));
}

static bool list_names(const char *list, const char *etag, bool weak_counts)
{
    tag_t tag;

    if (!strcmp(list, "*")) {
        return true;
    }
    while (next_tag(&tag, &list)) {
        if ((weak_counts || !tag.weak) && names(&tag, etag)) {
            return true;
        }
    }
    return false;
}

shop_error_t *shop_etag_if_match(const shop_req_t *req, const char *current, bool required)
{
    const char *list = shop_req_header(req, "If-Match");

    if (!list) {
        return required ? shop_err(req->pool, PRECONDITION_REQUIRED,
                                   "send the ETag you have read as If-Match")
                        : NULL;
    }
    if (current && list_names(list, current, false)) {
        return NULL;
    }
    return shop_err(req->pool, PRECONDITION_FAILED, "the object is not what If-Match names");
}

bool shop_etag_none_match(const shop_req_t *req, const char *etag)
{
    const char *list = shop_req_header(req, "If-None-Match");

    return list && etag && list_names(list, etag, true);
}
