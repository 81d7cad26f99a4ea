/* SPDX-License-Identifier: MIT
 * `shopctl doctor`: MongoDB, from its name to the server that answers. */
#include <apr_strings.h>
#include <mongoc/mongoc.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/directives/secret.h"
#include "tools/doctor.h"
#include "tools/doctor_tls.h"

#define OLDEST "4.4" /* whose error labels and hello the driver and the shop rely on */
#define SKEW_MS 5000
#define EXPIRES_SOON_DAYS 30

/* ---- which server ---- */

/* The dump shows a string without a secret itself, and not the file that it was read from. */
static const char *find_source(const doctor_t *doctor, const doctor_setting_t *setting,
                               const char *text)
{
    const char *argument = setting ? doctor_argument(doctor, setting, 0) : NULL;
    bool source = argument && !strchr(argument, '$') &&
                  (!strncmp(argument, "file:", 5) || !strncmp(argument, "env:", 4) ||
                   !strncmp(argument, "exec:", 5));

    return source ? argument : text;
}

/* The connection string; NULL: it was reported why there is none. */
static const char *find_uri(doctor_t *doctor)
{
    const char *given = shopctl_value(doctor->ctl, SHOPCTL_MONGO_URI);
    const doctor_setting_t *setting =
        doctor->shop ? doctor_setting(doctor->shop, "ShopMongoURI") : NULL;
    const char *text = given                    ? given
                       : doctor_is_set(setting) ? setting->value
                       : setting                ? doctor_argument(doctor, setting, 0)
                       : doctor->shop           ? "mongodb://127.0.0.1/shop"
                                                : getenv("SHOP_MONGO_URI");
    const char *uri = NULL;
    const char *problem = NULL;
    bool literal;

    doctor->source = given || !doctor->shop ? given : find_source(doctor, setting, text);
    doctor->uri = NULL;
    if (!text) {
        doctor_report(doctor, DOCTOR_WARNING, "mongo-uri",
                      "run shopctl doctor as root, or give the same string: --mongo-uri file:PATH",
                      "the connection string is a secret, and where it comes from cannot be read");
        return NULL;
    }
    problem =
        shop_secret_resolve(&uri, &literal, text, given ? NULL : doctor->dump.root, doctor->pool);
    problem = problem ? problem : shop_app_mongo_uri_problem(uri, doctor->pool);
    if (problem) {
        doctor_report(doctor, DOCTOR_ERROR, "mongo-uri",
                      "ShopMongoURI mongodb://HOST:PORT/DATABASE, or file:PATH with such a line",
                      "%s %s", given ? "--mongo-uri" : "ShopMongoURI", problem);
    }
    doctor->uri = problem ? NULL : uri;
    return doctor->uri;
}

static bool check_host(doctor_t *doctor, const mongoc_host_list_t *host)
{
    bool resolved;
    const char *problem = host->host[0] == '/'
                              ? NULL
                              : doctor_connect(&resolved, host->host, host->port, doctor->pool);

    if (!problem) {
        return true;
    }
    if (!resolved) {
        doctor_report(doctor, DOCTOR_ERROR, "mongo-resolve",
                      "correct the host in ShopMongoURI, or DNS or /etc/hosts",
                      "%s has no address: %s", host->host, problem);
    } else {
        doctor_report(doctor, DOCTOR_ERROR, "mongo-connect",
                      "start mongod (systemctl start mongod), correct host and port, or open the "
                      "firewall",
                      "%s cannot be reached: %s", host->host_and_port, problem);
    }
    return false;
}

static void check_certificate(doctor_t *doctor, const mongoc_host_list_t *host)
{
    doctor_certificate_t certificate;

    doctor_certificate(&certificate, host->host, host->port, doctor->pool);
    if (certificate.problem) {
        doctor_report(doctor, DOCTOR_ERROR, "mongo-tls",
                      "run mongod with --tlsMode requireTLS, or take tls=true out of ShopMongoURI",
                      "%s speaks no TLS: %s", host->host_and_port, certificate.problem);
    } else if (certificate.days < 0) {
        doctor_report(doctor, DOCTOR_ERROR, "mongo-tls", "renew the certificate of mongod",
                      "the certificate of %s expired %d days ago", host->host_and_port,
                      -certificate.days);
    } else if (certificate.days < EXPIRES_SOON_DAYS) {
        doctor_report(doctor, DOCTOR_WARNING, "mongo-tls", "renew the certificate of mongod",
                      "the certificate of %s expires in %d days", host->host_and_port,
                      certificate.days);
    } else {
        doctor_ok(doctor, "mongo-tls", "the certificate of %s is good for %d days",
                  host->host_and_port, certificate.days);
    }
}

static bool is_local(const mongoc_host_list_t *hosts)
{
    for (; hosts; hosts = hosts->next) {
        if (hosts->host[0] != '/' && strncmp(hosts->host, "127.", 4) != 0 &&
            strcmp(hosts->host, "localhost") != 0 && strcmp(hosts->host, "::1") != 0) {
            return false;
        }
    }
    return true;
}

/* false: none can be reached. */
static bool check_hosts(doctor_t *doctor, const mongoc_uri_t *uri)
{
    const mongoc_host_list_t *host = mongoc_uri_get_hosts(uri);
    int reached = 0;

    if (mongoc_uri_get_srv_hostname(uri)) {
        return true; /* the driver asks DNS for the hosts */
    }
    if (!mongoc_uri_get_tls(uri) && !is_local(host)) {
        doctor_report(doctor, DOCTOR_WARNING, "mongo-tls",
                      "add tls=true and tlsCAFile=PATH to the options of ShopMongoURI",
                      "the connection to %s is not encrypted", host->host_and_port);
    }
    for (; host; host = host->next) {
        bool answers = check_host(doctor, host);

        if (answers && mongoc_uri_get_tls(uri)) {
            check_certificate(doctor, host);
        }
        reached += answers;
    }
    return reached > 0;
}

/* ---- the server that answers ---- */

static void be_silent(mongoc_log_level_t level, const char *domain, const char *message,
                      void *baton)
{
    (void)level;
    (void)domain;
    (void)message;
    (void)baton;
}

static mongoc_client_t *make_client(mongoc_uri_t *uri)
{
    bson_error_t error;
    mongoc_client_t *client;

    mongoc_init();
    mongoc_log_set_handler(be_silent, NULL); /* what fails is reported */
    mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, DOCTOR_WAIT_MS);
    mongoc_uri_set_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, DOCTOR_WAIT_MS);
    mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, DOCTOR_WAIT_MS);
    client = mongoc_client_new_from_uri_with_error(uri, &error);
    if (client) {
        mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2);
    }
    return client;
}

static void report_failure(doctor_t *doctor, const bson_error_t *error)
{
    if (strstr(error->message, "uthentication") || error->code == 18) {
        doctor_report(doctor, DOCTOR_ERROR, "mongo-auth",
                      "correct user and password in the file of ShopMongoURI, and authSource",
                      "MongoDB rejects the login: %s", error->message);
    } else if (strstr(error->message, "TLS") || strstr(error->message, "certificate")) {
        doctor_report(doctor, DOCTOR_ERROR, "mongo-tls",
                      "tlsCAFile must hold the authority of mongod's certificate, and the "
                      "certificate must name the host",
                      "the TLS connection fails: %s", error->message);
    } else {
        doctor_report(doctor, DOCTOR_ERROR, "mongo-connect",
                      "look into the log of mongod; for a replica set: rs.status()",
                      "MongoDB does not answer: %s", error->message);
    }
}

static const char *text_of(const bson_t *doc, const char *name)
{
    bson_iter_t iter;

    return bson_iter_init_find(&iter, doc, name) && BSON_ITER_HOLDS_UTF8(&iter)
               ? bson_iter_utf8(&iter, NULL)
               : NULL;
}

static void check_version(doctor_t *doctor, const bson_t *build)
{
    const char *version = text_of(build, "version");

    if (version && strtod(version, NULL) < strtod(OLDEST, NULL)) {
        doctor_report(doctor, DOCTOR_WARNING, "mongo-version", "upgrade MongoDB to 6.0 or later",
                      "MongoDB %s is older than " OLDEST, version);
    } else {
        doctor_ok(doctor, "mongo-version", "MongoDB %s", version ? version : "(unknown)");
    }
}

static void check_topology(doctor_t *doctor, const bson_t *hello)
{
    const char *set = text_of(hello, "setName");
    const char *message = text_of(hello, "msg");
    bson_iter_t iter;
    bool writable =
        bson_iter_init_find(&iter, hello, "isWritablePrimary") && bson_iter_as_bool(&iter);

    if (message && !strcmp(message, "isdbgrid")) {
        doctor_ok(doctor, "mongo-topology", "a sharded cluster");
    } else if (!set) {
        doctor_report(doctor, DOCTOR_WARNING, "mongo-topology",
                      "for production run a replica set of three and add replicaSet=NAME to "
                      "ShopMongoURI",
                      "one server alone: the shop stops with it, and a lost disk loses orders");
    } else if (!writable) {
        doctor_report(doctor, DOCTOR_ERROR, "mongo-topology",
                      apr_psprintf(doctor->pool,
                                   "add replicaSet=%s to ShopMongoURI and take "
                                   "directConnection=true out",
                                   set),
                      "the server is no primary of the replica set %s: nothing can be written",
                      set);
    } else {
        doctor_ok(doctor, "mongo-topology", "the primary of the replica set %s", set);
    }
}

static void check_clock(doctor_t *doctor, const bson_t *hello, apr_time_t at)
{
    bson_iter_t iter;
    int64_t ahead =
        bson_iter_init_find(&iter, hello, "localTime") && BSON_ITER_HOLDS_DATE_TIME(&iter)
            ? bson_iter_date_time(&iter) - apr_time_as_msec(at)
            : 0;

    if (ahead > SKEW_MS || ahead < -SKEW_MS) {
        doctor_report(doctor, DOCTOR_WARNING, "clock",
                      "run NTP on both hosts: timedatectl set-ntp true",
                      "the clock of MongoDB is %ld ms ahead of this host's", (long)ahead);
    } else {
        doctor_ok(doctor, "clock", "the clocks of this host and of MongoDB differ by %ld ms",
                  (long)ahead);
    }
}

static bool command(bson_t *reply, doctor_t *doctor, mongoc_client_t *client, const char *database,
                    const char *name)
{
    bson_t *what = BCON_NEW(name, BCON_INT32(1));
    bson_error_t error = { 0 };
    bool done = mongoc_client_command_simple(client, database, what, NULL, reply, &error);

    bson_destroy(what);
    if (!done) {
        report_failure(doctor, &error);
    }
    return done;
}

static bool check_server(doctor_t *doctor, mongoc_client_t *client, const char *database)
{
    bson_t hello = BSON_INITIALIZER, build = BSON_INITIALIZER, stats = BSON_INITIALIZER;
    apr_time_t before = apr_time_now();
    bool done = command(&hello, doctor, client, "admin", "hello");

    if (done) {
        check_clock(doctor, &hello, before + (apr_time_now() - before) / 2);
        check_topology(doctor, &hello);
        done = command(&build, doctor, client, "admin", "buildInfo");
    }
    if (done) {
        check_version(doctor, &build);
        done = command(&stats, doctor, client, database, "listCollections");
    }
    if (done) {
        doctor_ok(doctor, "mongo-connect", "the login is accepted; the database is %s", database);
    }
    bson_destroy(&hello);
    bson_destroy(&build);
    bson_destroy(&stats);
    return done;
}

void doctor_check_mongo(doctor_t *doctor)
{
    const char *text = find_uri(doctor);
    mongoc_uri_t *uri = text ? mongoc_uri_new(text) : NULL;
    const char *database = uri ? mongoc_uri_get_database(uri) : NULL;
    mongoc_client_t *client = NULL;
    bool answers = false;

    if (!uri) {
        return;
    }
    if (!database || !*database) {
        database = "shop";
        doctor_report(doctor, DOCTOR_WARNING, "database",
                      "write the database behind the host: mongodb://HOST/shop",
                      "ShopMongoURI names no database; `shop` is used");
    }
    if (check_hosts(doctor, uri)) {
        client = make_client(uri);
        answers = client && check_server(doctor, client, database);
    }
    if (client) {
        mongoc_client_destroy(client);
    }
    mongoc_uri_destroy(uri);
    if (answers) {
        doctor_check_schema(doctor, text);
    }
}
