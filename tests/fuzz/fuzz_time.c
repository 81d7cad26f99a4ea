/* SPDX-License-Identifier: MIT
 * Any bytes as a time: what is accepted has the look of RFC 3339 and prints as a time that reads
 * back as the same second. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool looks_like_a_time(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd";

    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        bool fits = form[i] == 'd'   ? isdigit((unsigned char)text[i]) != 0
                    : form[i] == 'T' ? text[i] == 'T' || text[i] == 't' || text[i] == ' '
                                     : text[i] == form[i];

        if (!fits) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[64], printed[21];
    apr_time_t time, again;

    if (size >= sizeof(text)) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    if (!shop_time_parse(&time, text)) {
        return 0;
    }
    must(looks_like_a_time(text) && strlen(text) >= 20 && time > 0);
    shop_time_format(printed, time);
    must(strlen(printed) == 20);
    /* the first second prints as the moment that means "no time" and is not read */
    must(time < apr_time_from_sec(1) ||
         (shop_time_parse(&again, printed) && again == time - apr_time_usec(time)));
    return 0;
}
