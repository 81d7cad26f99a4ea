/* SPDX-License-Identifier: MIT
 * Create, merge and check the configuration; the command table. All lists come from
 * directives.def, so there is none to forget. */
#include "conf.h"

#include <httpd.h>

#include <ap_listen.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>

#include "../base/log.h"

extern module AP_MODULE_DECLARE_DATA shop_module;
APLOG_USE_MODULE(shop);

#define END_OF(member) (offsetof(shop_settings_t, member) + sizeof(((shop_settings_t *)0)->member))

static const shop_directive_t directives[] = {
#define SHOP_DIRECTIVE(name, parser, first, last, syntax, defaults, example, help) \
    { #name,                                                                       \
      shop_parse_##parser,                                                         \
      offsetof(shop_settings_t, first),                                            \
      END_OF(last) - offsetof(shop_settings_t, first),                             \
      syntax,                                                                      \
      example },
#include "directives.def"
#undef SHOP_DIRECTIVE
};

_Static_assert(sizeof(directives) / sizeof(directives[0]) <= 64, "one bit per directive");

shop_server_conf_t *shop_server_conf(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &shop_module);
}

shop_dir_conf_t *shop_dir_conf(const request_rec *r)
{
    return r->per_dir_config ? ap_get_module_config(r->per_dir_config, &shop_module) : NULL;
}

void *shop_create_server_conf(apr_pool_t *pool, server_rec *server)
{
    shop_server_conf_t *conf = apr_pcalloc(pool, sizeof(*conf));

    (void)server;
    shop_settings_defaults(&conf->values);
    conf->values.instance = NULL;    /* the ServerName */
    conf->values.mongo_pool_max = 0; /* ThreadsPerChild, known only to the child */
    conf->values.redis_pool_max = 0;
    conf->roots = apr_array_make(pool, 1, sizeof(const char *));
    conf->slot = -1;
    return conf;
}

/* Named rows of the host take the place of those of the same name. */
static void merge_keys(shop_settings_t *into, const shop_settings_t *add)
{
    bool signs = false;

    for (int i = 0; i < add->jwt_key_count; i++) {
        signs |= add->jwt_keys[i].sign;
    }
    for (int i = 0; signs && i < into->jwt_key_count; i++) {
        into->jwt_keys[i].sign = false;
    }
    for (int i = 0; i < add->jwt_key_count; i++) {
        int at = 0;

        while (at < into->jwt_key_count && strcmp(into->jwt_keys[at].kid, add->jwt_keys[i].kid)) {
            at++;
        }
        if (at < SHOP_MAX_JWT_KEYS) {
            into->jwt_keys[at] = add->jwt_keys[i];
            into->jwt_key_count += at == into->jwt_key_count;
        }
    }
}

static void merge_rates(shop_settings_t *into, const shop_settings_t *add)
{
    for (int i = 0; i < add->rate_count; i++) {
        int at = 0;

        while (at < into->rate_count && strcmp(into->rates[at].name, add->rates[i].name)) {
            at++;
        }
        if (at < SHOP_MAX_RATE_POLICIES) {
            into->rates[at] = add->rates[i];
            into->rate_count += at == into->rate_count;
        }
    }
}

void *shop_merge_server_conf(apr_pool_t *pool, void *base_conf, void *add_conf)
{
    const shop_server_conf_t *base = base_conf;
    const shop_server_conf_t *add = add_conf;
    shop_server_conf_t *conf = apr_pmemdup(pool, base, sizeof(*conf));

    for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
        if (!(add->set & (APR_UINT64_C(1) << i))) {
            continue;
        }
        if (directives[i].parse == shop_parse_jwt_key) {
            merge_keys(&conf->values, &add->values);
        } else if (directives[i].parse == shop_parse_rate_limit) {
            merge_rates(&conf->values, &add->values);
        } else {
            memcpy((char *)&conf->values + directives[i].offset,
                   (const char *)&add->values + directives[i].offset, directives[i].size);
        }
    }
    conf->set = base->set | add->set;
    conf->roots = apr_array_append(pool, base->roots, add->roots);
    return conf;
}

void *shop_create_dir_conf(apr_pool_t *pool, char *dir)
{
    shop_dir_conf_t *conf = apr_pcalloc(pool, sizeof(*conf));

    (void)dir;
    conf->engine = -1;
    return conf;
}

void *shop_merge_dir_conf(apr_pool_t *pool, void *base_conf, void *add_conf)
{
    const shop_dir_conf_t *add = add_conf;

    return apr_pmemdup(pool, add->engine >= 0 ? add : base_conf, sizeof(*add));
}

#define ENGINE_EXAMPLE "<Location \"/api\"> ShopEngine On </Location>"

/* Only a plain <Location> has a path that can be the API root. */
static int in_plain_location(const cmd_parms *cmd)
{
    const ap_directive_t *parent = cmd->directive->parent;

    return cmd->path && cmd->path[0] == '/' && parent &&
           !strcasecmp(parent->directive, "<Location") && !strchr(parent->args, '~');
}

static const char *set_engine(cmd_parms *cmd, void *dir_conf, const char *word)
{
    shop_dir_conf_t *conf = dir_conf;
    apr_size_t size;

    if (strcasecmp(word, "on") && strcasecmp(word, "off")) {
        return apr_psprintf(cmd->pool,
                            "ShopEngine: '%s' is neither On nor Off. Write: ShopEngine On|Off. For "
                            "example: " ENGINE_EXAMPLE,
                            word);
    }
    if (!in_plain_location(cmd)) {
        return "ShopEngine: must stand in a <Location> with a plain path, whose path is the API "
               "root. For example: " ENGINE_EXAMPLE;
    }
    size = strlen(cmd->path);
    while (size > 1 && cmd->path[size - 1] == '/') {
        size--;
    }
    conf->engine = !strcasecmp(word, "on");
    conf->root = size > 1 ? apr_pstrmemdup(cmd->pool, cmd->path, size) : "";
    if (conf->engine) {
        APR_ARRAY_PUSH(shop_server_conf(cmd->server)->roots, const char *) = conf->root;
    }
    return NULL;
}

static const char *set_directive(cmd_parms *cmd, void *dummy, int argc, char *const argv[])
{
    shop_server_conf_t *conf = shop_server_conf(cmd->server);
    const shop_directive_t *directive = cmd->info;
    const char *bad = NULL;
    const char *problem = ap_check_cmd_context(cmd, NOT_IN_DIR_LOC_FILE);

    (void)dummy;
    if (problem) {
        return problem;
    }
    problem = directive->parse(&conf->values, argc, argv, &bad, cmd);
    if (problem) {
        return apr_psprintf(cmd->pool, "%s:%s%s%s %s. Write: %s %s. For example: %s",
                            directive->name, bad ? " '" : "", bad ? bad : "", bad ? "'" : "",
                            problem, directive->name, directive->syntax, directive->example);
    }
    conf->set |= APR_UINT64_C(1) << (directive - directives);
    return NULL;
}

enum {
#define SHOP_DIRECTIVE(name, parser, first, last, syntax, defaults, example, help) ROW_##name,
#include "directives.def"
#undef SHOP_DIRECTIVE
};

const command_rec shop_commands[] = {
    AP_INIT_TAKE1("ShopEngine", set_engine, NULL, ACCESS_CONF,
                  "On|Off: serve the shop's API below this <Location>"),
#define SHOP_DIRECTIVE(name, parser, first, last, syntax, defaults, example, help)      \
    AP_INIT_TAKE_ARGV(#name, set_directive, (void *)&directives[ROW_##name], RSRC_CONF, \
                      syntax ": " help),
#include "directives.def"
#undef SHOP_DIRECTIVE
    { .name = NULL },
};

/* ---- what only the whole configuration can tell ---- */

static bool all_loopback(void)
{
    for (ap_listen_rec *listener = ap_listeners; listener; listener = listener->next) {
        const char *address = NULL;

        for (apr_sockaddr_t *at = listener->bind_addr; at; at = at->next) {
            if (apr_sockaddr_ip_get((char **)&address, at) != APR_SUCCESS || !address ||
                (strncmp(address, "127.", 4) && strcmp(address, "::1"))) {
                return false;
            }
        }
    }
    return true;
}

static const char *shop_problem(const shop_settings_t *values)
{
    int signing = 0;

    for (int i = 0; i < values->jwt_key_count; i++) {
        signing += values->jwt_keys[i].sign;
    }
    if (values->jwt_key_count == 0) {
        return "ShopJwtKey: is missing, and ShopEngine On needs it. Make a key with `openssl rand "
               "-base64 48 > jwt.key; chmod 600 jwt.key` and write: ShopJwtKey main HS256 "
               "file:/path/to/jwt.key";
    }
    if (signing != 1) {
        return "ShopJwtKey: no key signs; leave `verify` out on one of them, for example: "
               "ShopJwtKey 2026 HS256 file:/etc/shop/jwt.key";
    }
    if (values->password_min > values->password_max) {
        return "ShopPasswordPolicy: min is more than max. Write: ShopPasswordPolicy min=8 max=256";
    }
    if (values->open_admin && !all_loopback()) {
        return "ShopInsecureOpenAdmin: On is refused while a Listen is not loopback. Write: Listen "
               "127.0.0.1:8080, or ShopInsecureOpenAdmin Off";
    }
    return NULL;
}

int shop_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    for (; server; server = server->next) {
        shop_server_conf_t *conf = shop_server_conf(server);
        const char *problem;

        if (!conf->roots->nelts) {
            continue;
        }
        if (!conf->values.instance) {
            conf->values.instance = server->server_hostname ? server->server_hostname : "shop";
        }
        problem = shop_problem(&conf->values);
        if (problem) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, server, "%s", problem);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (conf->values.open_admin) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
                         "SHOP%04d: ShopInsecureOpenAdmin is on: anybody may register as admin",
                         SHOP_LOG_OPEN_ADMIN);
        }
    }
    return OK;
}
