/* SPDX-License-Identifier: MIT
 * The words that directives are made of. */
#include <httpd.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <limits.h>
#include <stdlib.h>

#include "conf_words.h"

const char *shop_word_whole(int *value, const char *text, int min, int max, apr_pool_t *pool)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (!apr_isdigit(*text) || *end || number < min || number > max) {
        return apr_psprintf(pool, "is no whole number from %d to %d", min, max);
    }
    *value = (int)number;
    return NULL;
}

/* httpd's parser knows no days. */
const char *shop_word_duration(int *ms, const char *text, int min_ms, int max_ms, apr_pool_t *pool)
{
    apr_interval_time_t interval = 0;
    apr_size_t size = strlen(text);
    apr_int64_t days;
    char *end;

    if (size > 1 && text[size - 1] == 'd') {
        days = apr_strtoi64(text, &end, 10);
        interval = *end == 'd' && days > 0 && days < 10000 ? days * apr_time_from_sec(86400) : -1;
    } else if (!apr_isdigit(*text) ||
               ap_timeout_parameter_parse(text, &interval, "s") != APR_SUCCESS) {
        interval = -1;
    }
    if (interval < 0) {
        return "is no time such as 500ms, 30s, 15min or 7d";
    }
    if (interval < (apr_interval_time_t)min_ms * 1000 ||
        interval > (apr_interval_time_t)max_ms * 1000) {
        return apr_psprintf(pool, "is not within %d ms and %d ms", min_ms, max_ms);
    }
    *ms = (int)(interval / 1000);
    return NULL;
}

const char *shop_word_seconds(int *s, const char *text, int min_s, int max_s, apr_pool_t *pool)
{
    int ms = 0;
    const char *problem;

    if (!strcmp(text, "0") && min_s == 0) {
        *s = 0;
        return NULL;
    }
    problem = shop_word_duration(&ms, text, 1000, INT_MAX, pool);
    if (!problem && (ms / 1000 < min_s || ms / 1000 > max_s)) {
        problem = apr_psprintf(pool, "is not within %d s and %d s", min_s, max_s);
    }
    *s = ms / 1000;
    return problem;
}

const char *shop_word_on_off(bool *value, const char *text)
{
    if (!strcasecmp(text, "on") || !strcasecmp(text, "off")) {
        *value = !strcasecmp(text, "on");
        return NULL;
    }
    return "is neither On nor Off";
}

const char *shop_word_option(const char *argument, const char *name)
{
    apr_size_t size = strlen(name);

    return !strncasecmp(argument, name, size) && argument[size] == '=' ? argument + size + 1 : NULL;
}

const char *shop_word_size(int64_t *bytes, const char *text, int64_t min, int64_t max,
                           apr_pool_t *pool)
{
    char *end;
    apr_int64_t value = apr_strtoi64(text, &end, 10);
    int64_t unit = !strcasecmp(end, "k")   ? 1024
                   : !strcasecmp(end, "m") ? 1024 * 1024
                   : !*end                 ? 1
                                           : 0;

    if (end == text || !apr_isdigit(*text) || !unit) {
        return "is no size such as 16M or 512K";
    }
    if (value && (value > max / unit || value * unit < min)) {
        return apr_psprintf(
            pool, "is neither 0 nor within %" APR_INT64_T_FMT "K and %" APR_INT64_T_FMT "M",
            min / 1024, max / 1024 / 1024);
    }
    *bytes = value * unit;
    return NULL;
}
