/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_LOG_JSON_H
#define SHOP_BASE_LOG_JSON_H

/* A log line as one JSON object. Writes nothing anywhere: server/log_json_file.c does. */

#include <apr_pools.h>
#include <apr_time.h>

#include "log.h"

/* A pipe takes so many bytes in one piece (PIPE_BUF of Linux): lines of several processes do not
 * mix. */
#define SHOP_JSON_LINE_MAX 4096

/* What is known of a request when the line is written. Texts: NULL when unknown. */
typedef struct shop_log_request_t {
    const char *method, *route, *user_id, *client;
    int status;                   /* 0: not yet known */
    apr_interval_time_t duration; /* so far, microseconds */
    int commands;                 /* to MongoDB, so far */
} shop_log_request_t;

/* Texts may hold any bytes, and be NULL: the object has no such member then. */
typedef struct shop_log_record_t {
    apr_time_t time;
    shop_log_level_t level;
    int number; /* of log.def; 0: none */
    const char *message, *request_id, *shop;
    const shop_log_request_t *request; /* NULL: the line is about no request */
} shop_log_record_t;

/* One object and a line feed, in pool; *size: their bytes, at most SHOP_JSON_LINE_MAX. The line is
 * UTF-8 without controls or line separators; long texts are cut. */
const char *shop_log_json(apr_size_t *size, const shop_log_record_t *record, apr_pool_t *pool);

#endif
