/* SPDX-License-Identifier: MIT
 * `shopctl doctor`: Redis. The shop works without it, so most of what is wrong is a warning. */
#include <apr_strings.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "mod_shop/directives/secret.h"
#include "mod_shop/drivers/redis_url.h"
#include "tools/doctor.h"

static redisContext *connect_to(const shop_redis_url_t *url)
{
    struct timeval wait = { DOCTOR_WAIT_MS / 1000, 0 };
    redisContext *context = url->path ? redisConnectUnixWithTimeout(url->path, wait)
                                      : redisConnectWithTimeout(url->host, url->port, wait);

    if (context && !context->err) {
        redisSetTimeout(context, wait);
    }
    return context;
}

/* The text of the reply in pool; *refused: it is an error, or there is none. */
static const char *ask(bool *refused, redisContext *context, int argc, const char **argv,
                       apr_pool_t *pool)
{
    redisReply *reply = redisCommandArgv(context, argc, argv, NULL);
    const char *text = reply && reply->str ? apr_pstrmemdup(pool, reply->str, reply->len) : "";

    *refused = !reply || reply->type == REDIS_REPLY_ERROR;
    if (!reply) {
        text = apr_pstrdup(pool, context->errstr);
    }
    if (reply) {
        freeReplyObject(reply);
    }
    return text;
}

/* "redis_version:7.0.15\r\n" */
static const char *member_of(const char *info, const char *name, apr_pool_t *pool)
{
    const char *at = strstr(info, name);

    return at ? apr_pstrmemdup(pool, at + strlen(name), strcspn(at + strlen(name), "\r\n")) : NULL;
}

static void check_info(doctor_t *doctor, redisContext *context)
{
    const char *argv[] = { "INFO", NULL };
    bool refused;
    const char *info = ask(&refused, context, 1, argv, doctor->pool);
    const char *version = refused ? NULL : member_of(info, "redis_version:", doctor->pool);
    const char *policy = refused ? NULL : member_of(info, "maxmemory_policy:", doctor->pool);

    doctor_ok(doctor, "redis-connect", "Redis %s answers", version ? version : "(unknown)");
    if (policy && strcmp(policy, "noeviction") != 0) {
        doctor_report(doctor, DOCTOR_WARNING, "redis-policy",
                      "redis-cli CONFIG SET maxmemory-policy noeviction, and the same in "
                      "redis.conf",
                      "maxmemory-policy is %s: keys of ended sessions may be evicted", policy);
    } else if (policy) {
        doctor_ok(doctor, "redis-policy", "maxmemory-policy is noeviction");
    }
}

/* false: it was reported that the password cannot be read. */
static bool find_password(const char **password, doctor_t *doctor)
{
    const doctor_setting_t *setting = doctor_setting(doctor->shop, "ShopRedisPassword");
    const char *text =
        setting && strncmp(setting->value, "(none", 5) ? doctor_argument(doctor, setting, 0) : NULL;
    const char *problem;
    bool literal;

    *password = NULL;
    if (!setting || !strncmp(setting->value, "(none", 5)) {
        return true;
    }
    problem = text ? shop_secret_resolve(password, &literal, text, doctor->dump.root, doctor->pool)
                   : "is a secret, and where it comes from cannot be read";
    if (problem) {
        doctor_report(doctor, DOCTOR_WARNING, "redis-auth", "run shopctl doctor as root",
                      "ShopRedisPassword %s", problem);
    }
    return !problem;
}

static bool sign_in(doctor_t *doctor, redisContext *context, const shop_redis_url_t *url,
                    const char *password)
{
    const char *auth[3] = { "AUTH", url->user ? url->user : password, password };
    const char *ping[1] = { "PING" };
    bool refused = false;
    const char *text = "";

    if (password) {
        text = ask(&refused, context, url->user ? 3 : 2, auth, doctor->pool);
    }
    if (!refused) {
        text = ask(&refused, context, 1, ping, doctor->pool);
    }
    if (refused) {
        doctor_report(doctor, DOCTOR_ERROR, "redis-auth",
                      password ? "correct the file of ShopRedisPassword, and the user in ShopRedis"
                               : "ShopRedisPassword file:/etc/shop/redis.pass",
                      "Redis rejects the login: %s", text);
    }
    return !refused;
}

void doctor_check_redis(doctor_t *doctor)
{
    const char *text = doctor_value(doctor, "ShopRedis");
    shop_redis_url_t url;
    redisContext *context;
    const char *password;

    if (!text || !strcasecmp(text, "off")) {
        doctor_report(doctor, DOCTOR_WARNING, "redis-connect", "ShopRedis redis://127.0.0.1",
                      "there is no Redis: rate limits count on each host alone");
        return;
    }
    if (shop_redis_url_parse(&url, text, doctor->pool)) {
        doctor_report(doctor, DOCTOR_ERROR, "redis-connect", "ShopRedis redis://HOST:PORT",
                      "ShopRedis cannot be read");
        return;
    }
    context = connect_to(&url);
    if (!context || context->err) {
        doctor_report(doctor, DOCTOR_ERROR, "redis-connect",
                      "start Redis (systemctl start redis-server), correct ShopRedis, or write "
                      "ShopRedis off",
                      "Redis at %s cannot be reached: %s", text,
                      context ? context->errstr : "no memory");
    } else if (find_password(&password, doctor) && sign_in(doctor, context, &url, password)) {
        check_info(doctor, context);
    }
    if (context) {
        redisFree(context);
    }
}
