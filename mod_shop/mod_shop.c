/* SPDX-License-Identifier: MIT
 * mod_shop: an e-commerce REST API inside httpd. Module record and hooks, nothing else. */
#include <httpd.h>

#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>

#include "server/conf.h"
#include "server/server.h"

static void test_config(apr_pool_t *pconf, server_rec *server)
{
    shop_dump_server();
    shop_dump_config(pconf, server);
}

static void register_hooks(apr_pool_t *pool)
{
    /* mod_unique_id makes the id that we take over */
    static const char *const after_unique_id[] = { "mod_unique_id.c", NULL };
    /* it may lead to the API from elsewhere */
    static const char *const after_rewriting[] = { "mod_rewrite.c", NULL };
    /* they would map what lies below an API root as well */
    static const char *const before_mapping[] = { "mod_alias.c", "mod_proxy.c", NULL };
    /* its threads use the pools that our child_init opens */
    static const char *const before_watchdog[] = { "mod_watchdog.c", NULL };

    (void)pool;
    shop_register_problem_filter();
    shop_register_reply_filters();
    shop_register_status();
    ap_hook_pre_config(shop_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(shop_check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(test_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_open_logs(shop_open_logs, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(shop_post_config, NULL, before_watchdog, APR_HOOK_MIDDLE);
    ap_hook_child_init(shop_child_init, NULL, before_watchdog, APR_HOOK_FIRST);
    ap_hook_child_stopping(shop_child_stopping, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(shop_post_read_request, after_unique_id, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_translate_name(shop_pre_translate_name, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(shop_translate_name, after_rewriting, before_mapping, APR_HOOK_FIRST);
    ap_hook_map_to_storage(shop_map_to_storage, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_type_checker(shop_type_checker, NULL, NULL, APR_HOOK_REALLY_FIRST);
    /* before the shop's own: it may lie below an API root */
    ap_hook_handler(shop_metrics_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(shop_handler, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_insert_filter(shop_insert_filter, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_insert_error_filter(shop_insert_error_filter, NULL, NULL, APR_HOOK_LAST);
}

AP_DECLARE_MODULE(shop) = { STANDARD20_MODULE_STUFF, shop_create_dir_conf,
                            shop_merge_dir_conf,     shop_create_server_conf,
                            shop_merge_server_conf,  shop_commands,
                            register_hooks,          0 };
