/* SPDX-License-Identifier: MIT
 * Creates and merges the configuration. ShopEngine. The command table, made from directives.def. */
#include "conf.h"

#include <httpd.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>

#include "../base/log.h"
#include "../directives/secret.h"
#include "conf_own.h"

extern module AP_MODULE_DECLARE_DATA shop_module;
APLOG_USE_MODULE(shop);

static const shop_own_t *const own[SHOP_DIRECTIVE_COUNT] = {
#define SHOP_ARGUMENT(form, label, kind, member, value, said, min, max)
#define SHOP_WORD(word)
#define SHOP_DIRECTIVE_OF(name, parser, arguments, syntax, example, help) &shop_own_##parser,
#include "../directives/directives.def"
#undef SHOP_DIRECTIVE_OF
};

const shop_own_t shop_own_plain = { NULL, NULL, NULL, NULL };

_Static_assert(SHOP_DIRECTIVE_COUNT <= 64, "one bit per directive");

const shop_own_t *shop_own(int row)
{
    return own[row];
}

shop_server_conf_t *shop_server_conf(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &shop_module);
}

const char *shop_server_place(const server_rec *server, apr_pool_t *pool)
{
    return server->defn_name
               ? apr_psprintf(pool, "%s:%u", server->defn_name, server->defn_line_number)
               : "the main server";
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
    return conf;
}

void *shop_merge_server_conf(apr_pool_t *pool, void *base_conf, void *add_conf)
{
    const shop_server_conf_t *base = base_conf;
    const shop_server_conf_t *add = add_conf;
    shop_server_conf_t *conf = apr_pmemdup(pool, base, sizeof(*conf));

    for (int i = 0; i < SHOP_DIRECTIVE_COUNT; i++) {
        if (!(add->set & (APR_UINT64_C(1) << i))) {
            continue;
        }
        if (own[i]->merge) {
            own[i]->merge(&conf->values, &add->values);
        } else {
            shop_directive_copy(&conf->values, &shop_directives[i], &add->values);
        }
        conf->where[i] = add->where[i];
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

/* Only a <Location> without a regular expression has a path that can be the API root. */
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

static const char *resolve_secret(const char **secret, bool *literal, const char *text,
                                  apr_pool_t *pool)
{
    return shop_secret_resolve(secret, literal, text, ap_server_root, pool);
}

static const char *set_directive(cmd_parms *cmd, void *dummy, int argc, char *const argv[])
{
    shop_server_conf_t *conf = shop_server_conf(cmd->server);
    const shop_directive_t *directive = cmd->info;
    int row = (int)(directive - shop_directives);
    const char *where =
        apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename, cmd->directive->line_num);
    shop_parse_t parse = { .pool = cmd->pool, .resolve = resolve_secret, .where = where };
    /* httpd has one JSON log, as it has one PidFile */
    const char *problem =
        ap_check_cmd_context(cmd, row == SHOP_ROW_ShopJsonLog ? GLOBAL_ONLY : NOT_IN_DIR_LOC_FILE);

    (void)dummy;
    if (problem) {
        return problem;
    }
    problem = (own[row]->parse ? own[row]->parse : shop_directive_parse)(&conf->values, directive,
                                                                         argc, argv, &parse);
    if (problem) {
        return apr_psprintf(cmd->pool, "%s:%s%s%s %s. Write: %s %s. For example: %s",
                            directive->name, parse.bad ? " '" : "", parse.bad ? parse.bad : "",
                            parse.bad ? "'" : "", problem, directive->name, directive->syntax,
                            directive->example);
    }
    if (parse.literal) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, cmd->server,
                     "SHOP%04d: %s holds its secret in clear; use file:, env: or exec:",
                     SHOP_LOG_SECRET_LITERAL, directive->name);
    }
    conf->set |= APR_UINT64_C(1) << row;
    conf->where[row] = where;
    return NULL;
}

const command_rec shop_commands[] = {
    AP_INIT_TAKE1("ShopEngine", set_engine, NULL, ACCESS_CONF,
                  "On|Off: serve the shop's API below this <Location>"),
#define SHOP_DIRECTIVE_OF(name, parser, arguments, syntax, example, help)                         \
    AP_INIT_TAKE_ARGV(#name, set_directive, (void *)&shop_directives[SHOP_ROW_##name], RSRC_CONF, \
                      syntax ": " help),
#include "../directives/directives.def"
#undef SHOP_DIRECTIVE_OF
    { .name = NULL },
};
