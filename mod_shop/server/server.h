/* SPDX-License-Identifier: MIT */
#ifndef SHOP_SERVER_SERVER_H
#define SHOP_SERVER_SERVER_H

/* The hooks of the skin, named as httpd names their phases. */

#include <httpd.h>

#include <http_config.h>

#include "../http/req.h"
#include "../http/res.h"

/* request.c */
int shop_post_read_request(request_rec *r); /* request id; keeps ErrorDocument from refusals */
int shop_handler(request_rec *r);
/* Requests inside the shop at this moment, in this child. */
int shop_requests_in_flight(void);

/* request_id.c */
/* The request's id: mod_unique_id's, a trusted client's, or our own; made on first use. A request
 * that httpd redirected internally, and a subrequest, have that of the first. */
const char *shop_request_id(request_rec *r);

/* translate.c */
int shop_pre_translate_name(request_rec *r); /* httpd refuses some addresses right behind it */
int shop_translate_name(request_rec *r);     /* no file name for API requests */
int shop_map_to_storage(request_rec *r);     /* no directory walk */
int shop_type_checker(request_rec *r);       /* no MIME look-up, no handler of another module */

/* address.c */
/* Is ShopEngine On where this request goes? Known once httpd has found its <Location>. */
int shop_engine_on(const request_rec *r);
/* Does this request belong to an API root (also before its <Location> was found)? */
int shop_is_api(const request_rec *r);
/* The decoded path below root, which r->uri begins with. NULL when the client, or an internal
 * redirect on the way, spelled an address in a way that httpd reads as another ("//", "/./",
 * "%2F"): such spellings must not reach a route that a proxy's rule did not see. What mod_rewrite
 * made of the address is not compared. */
const char *shop_path_below(const request_rec *r, const char *root);

/* reply.c */
int shop_send_reply(request_rec *r, const shop_res_t *res); /* OK, a handler's answer */
void shop_insert_filter(request_rec *r);
void shop_register_reply_filters(void);
/* The note in which the length of a file is kept for its 416. */
#define SHOP_NOTE_LENGTH "SHOP_LENGTH"

/* body.c: reads through input filters, brigade by brigade; maps errors as httpd does. */
typedef struct shop_server_body_t {
    request_rec *r;
    apr_bucket_brigade *brigade;
    int done;
} shop_server_body_t;
shop_error_t *shop_server_body_read(void *baton, char *buffer, apr_size_t *size, apr_pool_t *pool);

/* problem_filter.c: httpd's own refusals leave as problem+json and keep their headers. */
void shop_register_problem_filter(void);
void shop_insert_error_filter(request_rec *r);
/* ErrorDocument does not answer in the place of what httpd refuses of this request. */
void shop_no_error_document(request_rec *r);

/* metrics.c */
int shop_metrics_handler(request_rec *r); /* SetHandler shop-metrics */
/* The block in mod_status' page, should that be loaded. */
void shop_register_status(void);

/* background.c */
int shop_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);
/* lifecycle.c */
int shop_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server);
/* child.c */
void shop_child_init(apr_pool_t *pchild, server_rec *server);
/* Waits, bounded, until no thread of this child uses the pools that are about to go. */
void shop_child_stopping(apr_pool_t *pchild, int graceful);

/* log_sink.c: the library's lines into the error log; `current` is the request of this thread. */
void shop_log_sink_install(server_rec *server);
void shop_log_current(request_rec *r);

#endif
