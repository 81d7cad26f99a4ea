/* SPDX-License-Identifier: MIT */
#ifndef SHOP_SERVER_SERVER_H
#define SHOP_SERVER_SERVER_H

/* The hooks of the module, named as httpd names their phases. */

#include <httpd.h>

#include <http_config.h>

#include "../base/log_json.h"
#include "../http/req.h"
#include "../http/res.h"

/* request.c */
int shop_post_read_request(request_rec *r); /* sets the request id; disables ErrorDocument */
int shop_handler(request_rec *r);
/* Number of requests that this child's shop is handling now. */
int shop_requests_in_flight(void);

/* request_id.c */
/* The request id: mod_unique_id's, a trusted client's, or a generated one; set on first use.
 * Internal redirects and subrequests have the id of the original request. */
const char *shop_request_id(request_rec *r);

/* translate.c */
int shop_pre_translate_name(request_rec *r); /* httpd refuses some paths directly after this hook */
int shop_translate_name(request_rec *r);     /* no file name for API requests */
int shop_map_to_storage(request_rec *r);     /* no directory walk */
int shop_type_checker(request_rec *r);       /* no MIME look-up, no handler of another module */

/* address.c */
/* Is ShopEngine On for this request? Valid once httpd has merged its <Location>. */
int shop_engine_on(const request_rec *r);
/* Does this request belong to an API root? Valid also before httpd has merged its <Location>. */
int shop_is_api(const request_rec *r);
/* The decoded path below root, which r->uri begins with. NULL when the client or an internal
 * redirect used a spelling that httpd normalises ("//", "/./", "%2F"): a proxy's access rule may
 * not have matched it, so it must not reach a route. The result of mod_rewrite is not checked. */
const char *shop_path_below(const request_rec *r, const char *root);

/* reply.c */
int shop_send_reply(request_rec *r, const shop_res_t *res); /* Returns OK, as a handler does. */
void shop_insert_filter(request_rec *r);
void shop_register_reply_filters(void);
/* The note that holds the length of a file for its 416. */
#define SHOP_NOTE_LENGTH "SHOP_LENGTH"

/* body.c: reads through the input filters, brigade by brigade, and maps errors to statuses as httpd
 * does. */
typedef struct shop_server_body_t {
    request_rec *r;
    apr_bucket_brigade *brigade;
    int done;
} shop_server_body_t;
shop_error_t *shop_server_body_read(void *baton, char *buffer, apr_size_t *size, apr_pool_t *pool);

/* problem_filter.c: converts httpd's own errors to problem+json and keeps their header fields. */
void shop_register_problem_filter(void);
void shop_insert_error_filter(request_rec *r);
/* Disables ErrorDocument for this request. */
void shop_no_error_document(request_rec *r);

/* metrics.c */
int shop_metrics_handler(request_rec *r); /* SetHandler shop-metrics */
/* Adds a section to mod_status' page if that module is loaded. */
void shop_register_status(void);

/* background.c */
int shop_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);
/* lifecycle.c */
int shop_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server);
/* child.c */
void shop_child_init(apr_pool_t *pchild, server_rec *server);
/* Waits until no thread of this child uses the pools that will be destroyed; not longer than a call
 * to the store can take. */
void shop_child_stopping(apr_pool_t *pchild, int graceful);

/* log_sink.c: writes the library's log lines into the error log and the JSON log */
void shop_log_sink_install(server_rec *server);
/* From now on lines of this thread are about this request, which *req and *res show as far as it
 * has come. r NULL: about none. */
void shop_log_current(request_rec *r, const shop_req_t *req, const shop_res_t *res);
/* Lines of this thread that are about no request are about this host's shop. NULL: about none. */
void shop_log_server(server_rec *server);
/* The current request was answered: its line in the JSON log, when such lines are wanted. */
void shop_log_answered(void);

/* log_json_file.c: where the JSON log goes */
/* open_logs: in the parent, at each start and restart. */
int shop_open_logs(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server);
/* NULL, or why the target of ShopJsonLog (NULL: none) cannot be opened, as configtest says it: the
 * folder or the program is not there. Opens nothing. */
const char *shop_json_log_problem(const char *target, apr_pool_t *pool);
bool shop_json_log_is_open(void);
bool shop_json_log_has_requests(void);
void shop_json_log_write(const shop_log_record_t *record, apr_pool_t *pool);

#endif
