/* SPDX-License-Identifier: MIT
 * shopctl: what an administrator does beside httpd. The table of commands is shopctl.def. Secrets
 * come from files, the environment or the terminal: arguments are public on most systems. */
#include "tools/shopctl.h"

#include <apr_general.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "mod_shop/base/id.h"
#include "mod_shop/base/log.h"
#include "mod_shop/directives/secret.h"
#include "mod_shop/drivers/mongo.h"
#include "tools/shopctl_pages.h"

static int (*const runs[SHOPCTL_COMMAND_COUNT])(shopctl_t *ctl) = {
#define SHOPCTL_COMMAND(name, words, arguments, count, options, summary, help) shopctl_run_##name,
#include "tools/shopctl.def"
};

/* ---- what commands share ---- */

int shopctl_complain(const shopctl_t *ctl, const char *format, ...)
{
    const char *topic = ctl->line.command ? ctl->line.command->words : ctl->line.group;
    va_list args;

    fputs("shopctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry: shopctl %s%s--help\n", topic ? topic : "", topic ? " " : "");
    return SHOPCTL_EXIT_USAGE;
}

/* Where there is one alone, the detail of the error often says the same. */
static void print_violation(const char *said, const shop_violation_t *violation)
{
    size_t size = strlen(violation->pointer);

    if (strncmp(said, violation->pointer, size) != 0 || said[size] != ' ' ||
        strcmp(said + size + 1, violation->detail) != 0) {
        fprintf(stderr, "  %s %s\n", violation->pointer, violation->detail);
    }
}

/* The detail of an internal error is for clients of the API; here the cause is what helps, as it is
 * when MongoDB was reached and rejects the login. */
int shopctl_fail(const shop_error_t *err)
{
    bool rejected = err->code == SHOP_UNAVAILABLE && err->cause &&
                    !strncmp(err->cause, SHOP_MONGO_REJECTED, strlen(SHOP_MONGO_REJECTED));
    bool detail = !rejected && (err->code != SHOP_INTERNAL || !err->cause);

    fprintf(stderr, "shopctl: %s%s%s\n", detail ? err->detail : "",
            detail && err->cause ? ": " : "", err->cause ? err->cause : "");
    for (const shop_violation_t *v = err->violations; v; v = v->next) {
        print_violation(detail ? err->detail : "", v);
    }
    return err->code == SHOP_UNAVAILABLE && !rejected ? SHOPCTL_EXIT_STORE : SHOPCTL_EXIT_REFUSED;
}

void shopctl_print_json(json_t *object)
{
    json_dumpf(object, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(object);
}

/* A string with a password in it is a secret. */
static void warn_of_argument(const char *uri)
{
    const char *host = strstr(uri, "://");
    const char *at = host ? strchr(host, '@') : NULL;
    const char *colon = host ? strchr(host + 3, ':') : NULL;

    if (at && colon && colon < at) {
        fputs("shopctl: warning: the password in --mongo-uri can be read by every user of this "
              "host; write --mongo-uri file:PATH or env:NAME, or set SHOP_MONGO_URI\n",
              stderr);
    }
}

int shopctl_use_store(shopctl_t *ctl)
{
    const char *given = shopctl_value(ctl, SHOPCTL_MONGO_URI);
    const char *environment = getenv("SHOP_MONGO_URI");
    const char *name = given ? "--mongo-uri" : "SHOP_MONGO_URI";
    const char *text = given ? given : environment && *environment ? environment : NULL;
    const char *uri = NULL;
    const char *problem;
    bool literal;

    if (!text) {
        return 0;
    }
    problem = shop_secret_resolve(&uri, &literal, text, NULL, ctl->pool);
    problem = problem ? problem : shop_app_mongo_uri_problem(uri, ctl->pool);
    if (problem) {
        return shopctl_complain(ctl, "%s %s", name, problem);
    }
    if (given && literal) {
        warn_of_argument(uri);
    }
    ctl->settings.mongo_uri = uri;
    return 0;
}

int shopctl_open(shop_app_t **app, shopctl_t *ctl)
{
    const char *key;
    int status = shopctl_use_store(ctl);
    shop_error_t *err = status ? NULL : shop_id_secret(&key, 48, ctl->pool);

    if (status) {
        return status;
    }
    if (!err) {
        ctl->settings.jwt_keys[0] = (shop_jwt_key_t){ .kid = "none",
                                                      .alg = "HS256",
                                                      .secret = (const unsigned char *)key,
                                                      .secret_size = (int)strlen(key),
                                                      .sign = true };
        ctl->settings.jwt_key_count = 1;
        err = shop_app_open(app, &ctl->settings, NULL, ctl->pool);
    }
    err = err ? err : shop_app_check_schema(*app, ctl->pool);
    return err ? shopctl_fail(err) : 0;
}

/* The error that a command ends with says the same as these lines, and says it once. */
static void print_log(shop_log_level_t level, int number, const char *request_id, const char *text)
{
    (void)request_id;
    if (level <= SHOP_LOG_WARN && number != SHOP_LOG_MONGO_AWAY && number != SHOP_LOG_MONGO_POOL &&
        number != SHOP_LOG_MONGO_DRIVER && number != SHOP_LOG_SCHEMA &&
        number != SHOP_LOG_MONGO_ERROR) {
        fprintf(stderr, "shopctl: SHOP%04d: %s\n", number, text);
    }
}

/* ---- the commands about shopctl itself ---- */

int shopctl_run_version(shopctl_t *ctl)
{
    (void)ctl;
    puts(PACKAGE_STRING);
    return SHOPCTL_EXIT_DONE;
}

static int print_topic(const shopctl_line_t *line)
{
    if (line->command) {
        shopctl_print_help(stdout, line->command);
    } else if (line->group) {
        shopctl_print_group(stdout, line->group);
    } else {
        shopctl_print_usage(stdout);
    }
    return SHOPCTL_EXIT_DONE;
}

int shopctl_run_help(shopctl_t *ctl)
{
    shopctl_line_t topic = { .count = 0 };

    if (ctl->line.count && !shopctl_find_topic(&topic, ctl->line.arguments, ctl->line.count)) {
        return shopctl_complain(ctl, "there is no command '%s%s%s'", ctl->line.arguments[0],
                                ctl->line.count > 1 ? " " : "",
                                ctl->line.count > 1 ? ctl->line.arguments[1] : "");
    }
    return print_topic(&topic);
}

static int run(shopctl_t *ctl)
{
    if (ctl->line.values[SHOPCTL_HELP]) {
        return print_topic(&ctl->line);
    }
    if (!ctl->line.command) {
        return shopctl_run_version(ctl);
    }
    return runs[ctl->line.command - shopctl_commands](ctl);
}

int main(int argc, const char *const argv[])
{
    shopctl_t ctl = { .pool = NULL };
    const char *problem;
    int status;

    apr_app_initialize(&argc, &argv, NULL);
    atexit(apr_terminate);
    apr_pool_create(&ctl.pool, NULL);
    shop_log_set_sink(print_log);
    shop_settings_defaults(&ctl.settings);
    ctl.settings.currency = NULL; /* is in httpd.conf; databases are not compared with a default */
    problem = shopctl_parse(&ctl.line, argc, argv, ctl.pool);
    status = problem ? shopctl_complain(&ctl, "%s", problem) : run(&ctl);
    if (fflush(stdout) || ferror(stdout)) {
        fputs("shopctl: the output cannot be written\n", stderr);
        return status ? status : SHOPCTL_EXIT_REFUSED;
    }
    return status;
}
