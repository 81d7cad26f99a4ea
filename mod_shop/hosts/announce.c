/* SPDX-License-Identifier: MIT
 * Lines are parsed strictly: other versions of the shop may publish on the same channel. */
#include "announce.h"

#include <apr_strings.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SUBJECTS 200
#define MAX_WORDS (MAX_SUBJECTS + 2)
#define MAX_WORD 64
#define MAX_TTL_S 31536000

static bool is_word(const char *text)
{
    apr_size_t size = strlen(text);

    for (apr_size_t i = 0; i < size; i++) {
        if (!isalnum((unsigned char)text[i]) && !strchr("-_.:", text[i])) {
            return false;
        }
    }
    return size > 0 && size <= MAX_WORD;
}

static const char *begin_line(uint64_t origin, const char *rest, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%" APR_UINT64_T_HEX_FMT " %s", (apr_uint64_t)origin, rest);
}

const char *shop_announce_changed(uint64_t origin, const char *const *subjects, int count,
                                  apr_pool_t *pool)
{
    char *line;
    char *at;
    bool all = count <= 0 || count > MAX_SUBJECTS;

    for (int i = 0; i < count && !all; i++) {
        all = !is_word(subjects[i]);
    }
    if (all) {
        return begin_line(origin, "*", pool);
    }
    line = apr_palloc(pool, (apr_size_t)count * (MAX_WORD + 1) + 2);
    at = line;
    *at++ = 'P';
    for (int i = 0; i < count; i++) {
        *at++ = ' ';
        at = apr_cpystrn(at, subjects[i], MAX_WORD + 1);
    }
    return begin_line(origin, line, pool);
}

const char *shop_announce_ended(uint64_t origin, const char *session_id, int ttl_s,
                                apr_pool_t *pool)
{
    if (!session_id || !is_word(session_id)) {
        return begin_line(origin, "S *", pool);
    }
    return begin_line(origin, apr_psprintf(pool, "S %s %d", session_id, ttl_s), pool);
}

/* ---- parsing ---- */

static bool read_number(uint64_t *number, const char *text, int base, size_t digits)
{
    size_t size = strlen(text);

    for (size_t i = 0; i < size; i++) {
        if (base == 16 ? !isxdigit((unsigned char)text[i]) : !isdigit((unsigned char)text[i])) {
            return false;
        }
    }
    *number = size && size <= digits ? strtoull(text, NULL, base) : 0;
    return size && size <= digits;
}

/* Splits at single spaces. 0: too many words, or one with other characters. */
static int split(const char **words, const char *text, apr_size_t size, apr_pool_t *pool)
{
    char *rest = apr_pstrmemdup(pool, text, size);
    int count = 0;

    if (memchr(text, '\0', size)) {
        return 0;
    }
    for (char *end = rest; end; count++) {
        const char *word = rest;

        end = strchr(rest, ' ');
        if (end) {
            *end = '\0';
            rest = end + 1;
        }
        if (count == MAX_WORDS || (!is_word(word) && strcmp(word, "*") != 0)) {
            return 0;
        }
        words[count] = word;
    }
    return count;
}

static shop_announce_kind_t read_ended(shop_announcement_t *parsed, const char *const *words,
                                       int count)
{
    uint64_t ttl = 0;

    if (count == 1 && !strcmp(words[0], "*")) {
        return SHOP_ANNOUNCE_SOME_SESSIONS_ENDED;
    }
    if (count != 2 || !strcmp(words[0], "*") || !read_number(&ttl, words[1], 10, 9) || !ttl ||
        ttl > MAX_TTL_S) {
        return SHOP_ANNOUNCE_UNKNOWN;
    }
    parsed->subjects = words;
    parsed->count = 1;
    parsed->ttl_s = (int)ttl;
    return SHOP_ANNOUNCE_SESSION_ENDED;
}

static shop_announce_kind_t read_changed(shop_announcement_t *parsed, const char *const *words,
                                         int count)
{
    for (int i = 0; i < count; i++) {
        if (!strcmp(words[i], "*")) {
            return SHOP_ANNOUNCE_UNKNOWN;
        }
    }
    parsed->subjects = words;
    parsed->count = count;
    return count > 0 ? SHOP_ANNOUNCE_CHANGED : SHOP_ANNOUNCE_UNKNOWN;
}

void shop_announce_parse(shop_announcement_t *parsed, const char *text, apr_size_t size,
                         apr_pool_t *pool)
{
    const char **words = apr_palloc(pool, sizeof(*words) * MAX_WORDS);
    int count = split(words, text, size, pool);

    memset(parsed, 0, sizeof(*parsed));
    if (count < 2 || !read_number(&parsed->origin, words[0], 16, 16)) {
        parsed->kind = SHOP_ANNOUNCE_UNKNOWN;
    } else if (!strcmp(words[1], "P")) {
        parsed->kind = read_changed(parsed, words + 2, count - 2);
    } else if (!strcmp(words[1], "S")) {
        parsed->kind = read_ended(parsed, words + 2, count - 2);
    } else {
        parsed->kind = count == 2 && !strcmp(words[1], "*") ? SHOP_ANNOUNCE_ALL_CHANGED
                                                            : SHOP_ANNOUNCE_UNKNOWN;
    }
    if (parsed->kind == SHOP_ANNOUNCE_UNKNOWN) {
        parsed->origin = 0;
    }
}
