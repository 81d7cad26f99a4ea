/* SPDX-License-Identifier: MIT
 * E-mail addresses: validation, and the key that all spellings of one mailbox share. Domains are
 * compared as A-labels (IDNA 2008 with the mapping of UTS 46, non-transitional), which is the form
 * used in the DNS. */
#include <apr_lib.h>
#include <apr_strings.h>
#include <idn2.h>
#include <string.h>
#include <utf8proc.h>

#include "text.h"

#define ADDRESS_MAX 254
#define LOCAL_PART_MAX 64
#define LABEL_MAX 63

/* atext of RFC 5322 and dots; no dot at the ends, no two in a row. */
static bool local_part_ok(const char *text, apr_size_t size)
{
    if (!size || size > LOCAL_PART_MAX || text[0] == '.' || text[size - 1] == '.') {
        return false;
    }
    for (apr_size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0x80 || !(apr_isalnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c))) ||
            (c == '.' && text[i + 1] == '.')) {
            return false;
        }
    }
    return true;
}

/* Characters that IDNA 2008 allows only next to certain others (CONTEXTJ, CONTEXTO); libidn2 checks
 * them. */
static bool is_contextual(utf8proc_int32_t point)
{
    static const utf8proc_int32_t points[] = { 0xb7, 0x375, 0x5f3, 0x5f4, 0x200c, 0x200d, 0x30fb };

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        if (point == points[i]) {
            return true;
        }
    }
    return false;
}

/* ASCII letters, digits and hyphens; letters, marks and digits of other scripts. Other full stops,
 * spaces and symbols are refused, because mail systems interpret them differently. *ascii: the
 * label is all ASCII. */
static bool label_ok(bool *ascii, const char *label, apr_size_t size)
{
    utf8proc_int32_t point;
    utf8proc_ssize_t step;

    *ascii = true;
    for (apr_size_t i = 0; i < size; i += (apr_size_t)step) {
        utf8proc_category_t category;

        step = utf8proc_iterate((const utf8proc_uint8_t *)label + i, (utf8proc_ssize_t)(size - i),
                                &point);
        if (step <= 0) {
            return false;
        }
        category = utf8proc_category(point);
        if (point < 0x80 ? !apr_isalnum(point) && point != '-'
                         : (category < UTF8PROC_CATEGORY_LU || category > UTF8PROC_CATEGORY_ND) &&
                               !is_contextual(point)) {
            return false;
        }
        *ascii = *ascii && point < 0x80;
    }
    return size > 0 && label[0] != '-' && label[size - 1] != '-' && (!*ascii || size <= LABEL_MAX);
}

/* At least two labels. The last is not a number, as it would be in an IPv4 address. */
static bool domain_ok(const char *domain)
{
    int labels = 0;
    bool ascii;

    for (;;) {
        apr_size_t size = strcspn(domain, ".");

        if (!label_ok(&ascii, domain, size)) {
            return false;
        }
        labels++;
        if (!domain[size]) {
            return labels >= 2 && domain[strspn(domain, "0123456789")];
        }
        domain += size + 1;
    }
}

bool shop_text_is_email(const char *text)
{
    const char *at = strrchr(text, '@');

    return at && strlen(text) <= ADDRESS_MAX && local_part_ok(text, (apr_size_t)(at - text)) &&
           domain_ok(at + 1);
}

static const char *lower(const char *text, apr_size_t size, apr_pool_t *pool)
{
    char *copy = apr_pstrmemdup(pool, text, size);

    for (char *at = copy; *at; at++) {
        *at = (char)apr_tolower(*at);
    }
    return copy;
}

/* The label in the form used in the DNS; NULL when it is invalid. An ASCII label is in this form
 * already and is not decoded: some registries sold names that IDNA 2008 does not allow. */
static const char *a_label(const char *text, apr_size_t size, apr_pool_t *pool)
{
    const char *label = apr_pstrmemdup(pool, text, size);
    char *converted = NULL;
    bool ascii;

    if (!label_ok(&ascii, text, size)) {
        return NULL;
    }
    if (!ascii) {
        if (idn2_to_ascii_8z(label, &converted, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK) {
            return NULL;
        }
        label = apr_pstrdup(pool, converted);
        idn2_free(converted);
    }
    return lower(label, strlen(label), pool);
}

static const char *a_domain(const char *domain, apr_pool_t *pool)
{
    const char *converted = "";

    for (;;) {
        apr_size_t size = strcspn(domain, ".");
        const char *label = a_label(domain, size, pool);

        if (!label) {
            return NULL;
        }
        converted = apr_pstrcat(pool, converted, *converted ? "." : "", label, NULL);
        if (!domain[size]) {
            return converted;
        }
        domain += size + 1;
    }
}

const char *shop_text_email_key(const char *email, apr_pool_t *pool)
{
    const char *at = strrchr(email, '@');
    const char *domain = at && shop_text_is_email(email) ? a_domain(at + 1, pool) : NULL;
    const char *key;

    /* again, because the mapping has changed full-width characters */
    if (!domain || !domain_ok(domain)) {
        return NULL;
    }
    key = apr_pstrcat(pool, lower(email, (apr_size_t)(at - email), pool), "@", domain, NULL);
    return strlen(key) <= ADDRESS_MAX ? key : NULL;
}

const char *shop_text_email_old_key(const char *email, apr_pool_t *pool)
{
    return shop_text_fold(email, pool);
}
