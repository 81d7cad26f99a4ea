/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_LOG_H
#define SHOP_BASE_LOG_H

/* The library logs through one callback; server/log_sink.c writes to the error log, tests and
 * shopctl to standard error. Every line of level notice and above has a number from log.def
 * ("SHOP0101: ..."), see docs/log.md. Never log passwords, tokens or bodies. */

typedef enum {
    SHOP_LOG_ERROR,
    SHOP_LOG_WARN,
    SHOP_LOG_NOTICE,
    SHOP_LOG_INFO,
    SHOP_LOG_DEBUG
} shop_log_level_t;

/* The command that lines and causes name where a database needs it. Without --mongo-uri it would
 * prepare another database than the shop's. */
#define SHOP_SAY_MIGRATE "shopctl --mongo-uri URI migrate, with the URI of ShopMongoURI"

/* number 0 only for info and debug. request_id may be NULL. */
typedef void (*shop_log_sink_t)(shop_log_level_t level, int number, const char *request_id,
                                const char *text);

void shop_log_set_sink(shop_log_sink_t sink);
void shop_log(shop_log_level_t level, int number, const char *request_id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* At most one line per number in ten seconds, so that an outage of Redis does not fill the disk. */
void shop_log_seldom(shop_log_level_t level, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How many rows log.def has, and which row has a number: -1 when none. */
int shop_log_rows(void);
int shop_log_row_of(int number);
/* The number of a row. */
int shop_log_number_of(int row);

/* SHOP_LOG_<NAME> = number */
enum {
#define SHOP_LOG_ROW(number, NAME, level, help) SHOP_LOG_##NAME = number,
#include "log.def"
#undef SHOP_LOG_ROW
    SHOP_LOG_END_
};

#endif
