/* SPDX-License-Identifier: MIT
 * Entity tags, If-Match and If-None-Match. A malformed header matches nothing: If-Match fails,
 * If-None-Match gives the full reply. */
#include "etag.h"

#include <apr_strings.h>
#include <openssl/evp.h> /* SHA-256; an exception in the layer table */
#include <string.h>

#include "../base/base64.h"

/* Concurrent writers are rare: more attempts than this point to a defect. */

#define TAG_BYTES 16
#define TAG_CHARS 22 /* of base64url */

const char *shop_etag_of(const char *bytes, apr_size_t size, apr_pool_t *pool)
{
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };

    if (!EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL)) {
        return NULL; /* a reply without a tag is valid, one with a wrong tag is not */
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

/* Parses the next tag of a list. false at the end and at a malformed tag. */
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

/* Each coding of an object has its own tag: that of identity with a suffix ("x-gzip"). */
static apr_size_t suffix_size(shop_coding_t coding)
{
    return coding == SHOP_CODING_IDENTITY ? 0 : 1 + strlen(shop_coding_name(coding));
}

/* The bit of the coding that the tag belongs to, or 0. object: the tag of identity, without quotes.
 */
static unsigned coding_named(const tag_t *tag, const char *object, apr_size_t size)
{
    const char *suffix = tag->text + size;

    if (tag->size < size || memcmp(tag->text, object, size) != 0) {
        return 0;
    }
    for (shop_coding_t coding = SHOP_CODING_IDENTITY; coding < SHOP_CODINGS; coding++) {
        if (tag->size == size + suffix_size(coding) &&
            (coding == SHOP_CODING_IDENTITY ||
             (*suffix == '-' &&
              !memcmp(suffix + 1, shop_coding_name(coding), tag->size - size - 1)))) {
            return SHOP_CODING_BIT(coding);
        }
    }
    return 0;
}

static unsigned list_names(const char *list, const char *etag, shop_coding_t coding,
                           bool weak_counts)
{
    apr_size_t size = strlen(etag) - 2 - suffix_size(coding);
    unsigned named = 0;
    tag_t tag;

    if (!strcmp(list, "*")) {
        return ~0U;
    }
    while (next_tag(&tag, &list)) {
        if (weak_counts || !tag.weak) {
            named |= coding_named(&tag, etag + 1, size);
        }
    }
    return named;
}

shop_error_t *shop_etag_if_match(const shop_req_t *req, const char *current, bool required)
{
    const char *list = shop_req_header(req, "If-Match");

    if (!list) {
        return required ? shop_err(req->pool, PRECONDITION_REQUIRED,
                                   "send the ETag you have read as If-Match")
                        : NULL;
    }
    if (current && list_names(list, current, SHOP_CODING_IDENTITY, false)) {
        return NULL;
    }
    return shop_err(req->pool, PRECONDITION_FAILED, "the ETag does not match If-Match");
}

unsigned shop_etag_named(const shop_req_t *req, const char *etag, shop_coding_t coding)
{
    const char *list = shop_req_header(req, "If-None-Match");

    return list && etag ? list_names(list, etag, coding, true) : 0;
}

const char *shop_etag_recode(const char *etag, shop_coding_t from, shop_coding_t to,
                             apr_pool_t *pool)
{
    const char *object;

    if (!etag || from == to) {
        return etag;
    }
    object = apr_pstrmemdup(pool, etag, strlen(etag) - 1 - suffix_size(from));
    return apr_pstrcat(pool, object, to == SHOP_CODING_IDENTITY ? "" : "-",
                       to == SHOP_CODING_IDENTITY ? "" : shop_coding_name(to), "\"", NULL);
}

const char *shop_etag_encoded(const char *etag, const char *content_encoding, apr_pool_t *pool)
{
    shop_coding_t coding = SHOP_CODING_IDENTITY;
    const char *object;

    if (*etag != '"' || strlen(etag) < TAG_CHARS + 2) {
        return etag;
    }
    object = apr_pstrcat(pool, apr_pstrmemdup(pool, etag, TAG_CHARS + 1), "\"", NULL);
    if (content_encoding && !shop_coding_of(&coding, content_encoding, strlen(content_encoding))) {
        return apr_pstrcat(pool, "W/", object, NULL);
    }
    return shop_etag_recode(object, SHOP_CODING_IDENTITY, coding, pool);
}
