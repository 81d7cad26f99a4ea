/* SPDX-License-Identifier: MIT
 * A log line as one JSON object. */
#include "log_json.h"

#include <apr_strings.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "text.h"

/* Bytes of a text before escaping, which doubles a quote or a backslash. */
#define MESSAGE_ROOM 1400
#define ID_ROOM 128
#define NAME_ROOM 64

_Static_assert(2 * (MESSAGE_ROOM + ID_ROOM + 5 * NAME_ROOM) + 300 < SHOP_JSON_LINE_MAX,
               "all texts, the numbers and the keys fit");

static void write_text(shop_json_out_t *out, const char *name, const char *text, apr_size_t room)
{
    if (text) {
        shop_json_key(out, name);
        shop_json_string(out, shop_text_one_line(text, room, out->pool));
    }
}

static void write_number(shop_json_out_t *out, const char *name, int64_t number)
{
    shop_json_key(out, name);
    shop_json_int(out, number);
}

/* RFC 3339, UTC, with microseconds. */
static const char *time_of(apr_time_t time, apr_pool_t *pool)
{
    char seconds[21];

    shop_time_format(seconds, time);
    return apr_psprintf(pool, "%.19s.%06dZ", seconds, (int)apr_time_usec(time));
}

static void write_duration(shop_json_out_t *out, apr_interval_time_t duration)
{
    apr_interval_time_t us = duration > 0 ? duration : 0; /* the clock may have been set */
    const char *text =
        apr_psprintf(out->pool, "%" APR_TIME_T_FMT ".%03d", us / 1000, (int)(us % 1000));

    shop_json_key(out, "duration_ms");
    shop_json_raw(out, text, strlen(text));
}

static void write_request(shop_json_out_t *out, const shop_log_request_t *request)
{
    write_text(out, "method", request->method, NAME_ROOM);
    write_text(out, "route", request->route, NAME_ROOM);
    if (request->status) {
        write_number(out, "status", request->status);
    }
    write_duration(out, request->duration);
    write_number(out, "commands", request->commands);
    write_text(out, "user_id", request->user_id, NAME_ROOM);
    write_text(out, "client", request->client, NAME_ROOM);
}

const char *shop_log_json(apr_size_t *size, const shop_log_record_t *record, apr_pool_t *pool)
{
    static const char *const levels[] = { "error", "warn", "notice", "info", "debug" };
    shop_json_out_t out;
    const char *line;

    shop_json_out_init(&out, pool, 512);
    shop_json_begin(&out, '{');
    write_text(&out, "time", time_of(record->time, pool), NAME_ROOM);
    write_text(&out, "level", levels[record->level], NAME_ROOM);
    if (record->number) {
        write_text(&out, "code", apr_psprintf(pool, "SHOP%04d", record->number), NAME_ROOM);
    }
    write_text(&out, "message", record->message, MESSAGE_ROOM);
    write_text(&out, "shop", record->shop, NAME_ROOM);
    write_text(&out, "request_id", record->request_id, ID_ROOM);
    if (record->request) {
        write_request(&out, record->request);
    }
    shop_json_end(&out, '}');
    line = apr_pstrcat(pool, shop_json_finish(&out, size), "\n", NULL);
    *size += 1;
    return line;
}
