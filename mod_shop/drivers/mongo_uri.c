/* SPDX-License-Identifier: MIT
 * Checks connection strings at configtest. Messages quote nothing of them: they hold passwords. */
#include <apr_strings.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mongo.h"

/* The part between scheme and path, up to the last @ before the options: a password that is not
 * encoded may hold any of /?@. */
static bool has_raw_signs(const char *uri)
{
    const char *user = strstr(uri, "://") + 3;
    const char *host = strrchr(user, '@');
    const char *colon = host ? memchr(user, ':', (size_t)(host - user)) : NULL;

    if (!host) {
        return false;
    }
    for (const char *at = user; at < host; at++) {
        if (strchr("/?#[]@", *at) || (*at == ':' && at != colon) ||
            (*at == '%' && !(isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2])))) {
            return true;
        }
    }
    return false;
}

/* The driver takes an option that it does not know for a note in its log. */
static bool is_option(const char *name)
{
    static const char *const others[] = { MONGOC_URI_W,
                                          MONGOC_URI_SAFE,
                                          MONGOC_URI_SLAVEOK,
                                          MONGOC_URI_COMPRESSORS,
                                          MONGOC_URI_READCONCERNLEVEL,
                                          MONGOC_URI_READPREFERENCE,
                                          MONGOC_URI_READPREFERENCETAGS,
                                          MONGOC_URI_AUTHSOURCE,
                                          MONGOC_URI_AUTHMECHANISM,
                                          MONGOC_URI_AUTHMECHANISMPROPERTIES,
                                          NULL };

    if (mongoc_uri_option_is_int32(name) || mongoc_uri_option_is_int64(name) ||
        mongoc_uri_option_is_bool(name) || mongoc_uri_option_is_utf8(name)) {
        return true;
    }
    for (const char *const *other = others; *other; other++) {
        if (!strcasecmp(name, *other)) {
            return true;
        }
    }
    return false;
}

/* NULL, or the name of the first option that the driver does not know. */
static const char *unknown_option(const char *uri, apr_pool_t *pool)
{
    const char *options = strchr(uri, '?');
    char *rest = options ? apr_pstrdup(pool, options + 1) : NULL;
    char *state;

    for (char *option = rest ? apr_strtok(rest, "&;", &state) : NULL; option;
         option = apr_strtok(NULL, "&;", &state)) {
        option[strcspn(option, "=")] = '\0';
        if (!is_option(option)) {
            return option;
        }
    }
    return NULL;
}

static const char *mechanism_problem(const mongoc_uri_t *uri)
{
    static const char *const known[] = { "SCRAM-SHA-1", "SCRAM-SHA-256", "MONGODB-X509",
                                         "MONGODB-AWS", "PLAIN",         "GSSAPI" };
    const char *wanted = mongoc_uri_get_auth_mechanism(uri);

    for (size_t i = 0; wanted && i < sizeof(known) / sizeof(known[0]); i++) {
        wanted = strcasecmp(wanted, known[i]) ? wanted : NULL;
    }
    return wanted ? "has an authMechanism that is none of SCRAM-SHA-1, SCRAM-SHA-256, "
                    "MONGODB-X509, MONGODB-AWS, PLAIN and GSSAPI"
                  : NULL;
}

/* The driver would only notice at the first connection. */
static const char *ca_file_problem(const mongoc_uri_t *uri, apr_pool_t *pool)
{
    const char *name = mongoc_uri_get_option_as_utf8(uri, MONGOC_URI_TLSCAFILE, NULL);
    FILE *file = name ? fopen(name, "r") : NULL;

    if (file) {
        fclose(file);
    }
    return name && !file ? apr_psprintf(pool, "names a tlsCAFile that cannot be read (%s)", name)
                         : NULL;
}

static int compare_hosts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their names: members of a replica set may be written in any order. */
static const char *hosts_of(const mongoc_uri_t *uri, apr_pool_t *pool)
{
    const char *service = mongoc_uri_get_srv_hostname(uri);
    apr_array_header_t *hosts = apr_array_make(pool, 3, sizeof(const char *));

    if (service) {
        return apr_pstrdup(pool, service);
    }
    for (const mongoc_host_list_t *at = mongoc_uri_get_hosts(uri); at; at = at->next) {
        const char *host = strcasecmp(at->host, "localhost") ? at->host : "127.0.0.1";

        APR_ARRAY_PUSH(hosts, const char *) = apr_psprintf(pool, "%s:%u", host, at->port);
    }
    qsort(hosts->elts, (size_t)hosts->nelts, sizeof(const char *), compare_hosts);
    return apr_array_pstrcat(pool, hosts, ',');
}

const char *shop_mongo_uri_database(const char *uri, apr_pool_t *pool)
{
    mongoc_uri_t *parsed = mongoc_uri_new(uri);
    const char *name = parsed ? mongoc_uri_get_database(parsed) : NULL;
    char *text = apr_psprintf(pool, "%s/", parsed ? hosts_of(parsed, pool) : "");

    for (char *at = text; *at; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    text = apr_pstrcat(pool, text, name && *name ? name : SHOP_MONGO_DATABASE, NULL);
    if (parsed) {
        mongoc_uri_destroy(parsed);
    }
    return text;
}

const char *shop_mongo_uri_problem(const char *uri, apr_pool_t *pool)
{
    bson_error_t error;
    mongoc_uri_t *parsed;
    const char *unknown;
    const char *problem;

    if (strncmp(uri, "mongodb://", 10) && strncmp(uri, "mongodb+srv://", 14)) {
        return "is not a MongoDB connection string (mongodb://host[:port]/database)";
    }
    if (has_raw_signs(uri)) {
        return "has a user name or password with a special character: percent-encode it (@ is "
               "%40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25)";
    }
    unknown = unknown_option(uri, pool);
    if (unknown) {
        return apr_psprintf(pool,
                            "has the option %s, which the driver does not know; see its "
                            "documentation of connection strings for the spelling",
                            unknown);
    }
    /* It would print parts of the string. shop_mongo_open sets the handler that then stays. */
    mongoc_log_set_handler(NULL, NULL);
    parsed = mongoc_uri_new_with_error(uri, &error);
    if (!parsed) {
        /* The driver's message may quote user and password, so it is not used. */
        return "is not a well-formed MongoDB connection string "
               "(mongodb://[user:password@]host[:port]/database[?options])";
    }
    problem = mechanism_problem(parsed);
    problem = problem ? problem : ca_file_problem(parsed, pool);
    mongoc_uri_destroy(parsed);
    return problem;
}
