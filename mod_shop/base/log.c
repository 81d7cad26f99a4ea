/* SPDX-License-Identifier: MIT
 * Formats log lines and passes them to the callback. */
#include "log.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "clock.h"

static void to_stderr(shop_log_level_t level, int number, const char *request_id, const char *text)
{
    static const char *const names[] = { "error", "warn", "notice", "info", "debug" };

    if (level <= SHOP_LOG_NOTICE) {
        fprintf(stderr, "[shop:%s] SHOP%04d: %s%s%s\n", names[level], number, text,
                request_id ? " request " : "", request_id ? request_id : "");
    }
}

static const int numbers[] = {
#define SHOP_LOG_ROW(number, NAME, level, help) number,
#include "log.def"
#undef SHOP_LOG_ROW
};

int shop_log_rows(void)
{
    return (int)(sizeof(numbers) / sizeof(numbers[0]));
}

int shop_log_row_of(int number)
{
    for (int i = 0; i < shop_log_rows(); i++) {
        if (numbers[i] == number) {
            return i;
        }
    }
    return -1;
}

int shop_log_number_of(int row)
{
    return numbers[row];
}

static shop_log_sink_t sink = to_stderr;

void shop_log_set_sink(shop_log_sink_t wanted)
{
    sink = wanted ? wanted : to_stderr;
}

/* Log injection: whatever a client sent, a message is one line of at most 2 KiB. */
static void emit(shop_log_level_t level, int number, const char *request_id, const char *format,
                 va_list args)
{
    char text[2048];

    apr_vsnprintf(text, sizeof(text), format, args);
    for (char *at = text; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            *at = ' ';
        }
    }
    sink(level, number, request_id, text);
}

void shop_log(shop_log_level_t level, int number, const char *request_id, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    emit(level, number, request_id, format, args);
    va_end(args);
}

void shop_log_seldom(shop_log_level_t level, int number, const char *format, ...)
{
    static _Atomic apr_time_t last[1000];
    apr_time_t now = shop_clock_monotonic();
    _Atomic apr_time_t *slot = &last[number % 1000];
    apr_time_t before = atomic_load(slot);
    va_list args;

    if ((before && now - before < apr_time_from_sec(10)) ||
        !atomic_compare_exchange_strong(slot, &before, now)) {
        return;
    }
    va_start(args, format);
    emit(level, number, NULL, format, args);
    va_end(args);
}
