/* SPDX-License-Identifier: MIT
 * shopctl: what an administrator does beside httpd. Reads secrets from files or the environment,
 * never from arguments, because arguments are public on most systems. */
#include "config.h"

#include <apr_general.h>
#include <apr_getopt.h>
#include <apr_strings.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/accounts/accounts_module.h"
#include "mod_shop/app.h"
#include "mod_shop/base/clock.h"
#include "mod_shop/drivers/password.h"
#include "mod_shop/settings.h"
#include "mod_shop/base/id.h"
#include "mod_shop/base/text.h"
#include "mod_shop/openapi/openapi.h"
#include "tools/shopctl_migrate.h"
#include "tools/shopctl_verify.h"

enum { EXIT_USAGE = 2, EXIT_STORE = 3 };

/* A walk over all orders may wait longer for a page than a customer may for an answer. */
#define PATIENCE_MS 60000
/* An index over millions of documents takes minutes to build, and the store answers behind it. */
#define BUILD_PATIENCE_MS (30 * 60 * 1000)

typedef struct options_t {
    shop_settings_t settings;
    const char *username, *email, *password_file;
    bool admin, if_missing, repair, json;
    shopctl_migrate_t migrate;
    const char *words[4];
    int count;
} options_t;

static const char usage[] =
    "usage: shopctl [--mongo-uri URI] COMMAND\n"
    "\n"
    "  init            make a database ready for the shop; safe to repeat\n"
    "  migrate [--back|--finish|--status]\n"
    "                  bring a database to this version's schema beside running processes;\n"
    "                  --back takes the last stage back, --finish ends what can be taken back,\n"
    "                  --status lists version and stages\n"
    "  user create --username NAME --email ADDRESS --password-file FILE [--admin] [--if-missing]\n"
    "                  create an account; the password is the file's first line\n"
    "  reap            finish or undo orders that were cut off, once\n"
    "  verify [--repair] [--json]\n"
    "                  check stock, coupons and orders against each other, beside a running shop;\n"
    "                  --repair finishes what was cut off and mends what needs no person\n"
    "  openapi         print the OpenAPI document\n"
    "  keygen          print a key for ShopJwtKey\n"
    "  version         print the version\n"
    "\n"
    "The URI comes from --mongo-uri or SHOP_MONGO_URI, else mongodb://127.0.0.1/shop.\n"
    "Exit status: 0 done, 1 refused, 2 wrong usage, 3 the store is away.\n"
    "verify: 0 clean or all repaired, 1 drifts are left, 2 wrong usage or failed, 3 as above.\n";

static int fail(const shop_error_t *err)
{
    fprintf(stderr, "shopctl: %s%s%s\n", err->detail, err->cause ? ": " : "",
            err->cause ? err->cause : "");
    for (const shop_violation_t *v = err->violations; v; v = v->next) {
        fprintf(stderr, "  %s %s\n", v->pointer, v->detail);
    }
    return err->code == SHOP_UNAVAILABLE ? EXIT_STORE : EXIT_FAILURE;
}

static int complain(const char *text)
{
    fprintf(stderr, "shopctl: %s\nTry: shopctl --help\n", text);
    return EXIT_USAGE;
}

static int read_password(const char **password, const char *path, apr_pool_t *pool)
{
    char line[1024];
    FILE *file = fopen(path, "r");
    char *got = file ? fgets(line, sizeof(line), file) : NULL;

    if (file) {
        fclose(file);
    }
    if (!got) {
        return complain("the password file cannot be read");
    }
    line[strcspn(line, "\r\n")] = '\0';
    *password = apr_pstrdup(pool, line);
    OPENSSL_cleanse(line, sizeof(line));
    return 0;
}

static shop_error_t *check_user(shop_user_t *user, const options_t *options, const char *password,
                                apr_pool_t *pool)
{
    shop_error_t *err = NULL;
    apr_size_t length = shop_text_length(options->username);

    if (length < 2 || length > 64) {
        shop_error_violate(&err, pool, "--username", "length", "must have 2 to 64 characters");
    }
    shop_user_set_username(&err, user, "--username", shop_text_trim(options->username, pool), pool);
    shop_user_set_email(&err, user, "--email", shop_text_trim(options->email, pool), pool);
    shop_account_check_password(&err, "--password-file", password, options->settings.password_min,
                                options->settings.password_max, pool);
    return err;
}

static shop_error_t *insert_user(const shop_app_t *app, shop_user_t *user, const char *password,
                                 apr_pool_t *pool)
{
    user->email_verified = true;
    user->created_at = user->updated_at = app->clock->now(app->clock);
    user->rev = 1;
    SHOP_TRY(shop_id_make(&user->id, pool));
    SHOP_TRY(shop_hasher_hash(&user->password_hash, app->hasher, password, pool));
    return app->accounts->accounts->insert(app->accounts->accounts, user, pool);
}

/* Nothing here signs tokens, but the app is wired whole. */
static shop_error_t *open_app(shop_app_t **app, options_t *options, apr_pool_t *pool)
{
    const char *key;

    SHOP_TRY(shop_id_secret(&key, 48, pool));
    options->settings.jwt_keys[0] = (shop_jwt_key_t){ .kid = "none",
                                                      .alg = "HS256",
                                                      .secret = (const unsigned char *)key,
                                                      .secret_size = (int)strlen(key),
                                                      .sign = true };
    options->settings.jwt_key_count = 1;
    SHOP_TRY(shop_app_open(app, &options->settings, NULL, pool));
    return shop_app_check_schema(*app, pool);
}

static int user_create(options_t *options, apr_pool_t *pool)
{
    shop_user_t user = { .role = options->admin ? "admin" : "user" };
    const char *password = NULL;
    shop_app_t *app;
    shop_error_t *err;
    int status;

    if (!options->username || !options->email || !options->password_file) {
        return complain("user create needs --username, --email and --password-file");
    }
    status = read_password(&password, options->password_file, pool);
    if (status) {
        return status;
    }
    err = check_user(&user, options, password, pool);
    if (!err) {
        err = open_app(&app, options, pool);
    }
    if (!err) {
        err = insert_user(app, &user, password, pool);
    }
    if (err && options->if_missing &&
        (err->code == SHOP_EMAIL_TAKEN || err->code == SHOP_USERNAME_TAKEN)) {
        printf("account %s exists\n", options->email);
        return EXIT_SUCCESS;
    }
    if (err) {
        return fail(err);
    }
    printf("created %s %s\n", options->admin ? "admin" : "user", options->email);
    return EXIT_SUCCESS;
}

/* The migration of an empty database, and safe on any other. */
static int init_store(options_t *options, apr_pool_t *pool)
{
    shop_migration_t *migration;
    shop_error_t *err;

    options->settings.mongo_socket_ms = BUILD_PATIENCE_MS;
    err = shop_app_migration(&migration, &options->settings, pool);
    err = err ? err : shop_migrate_up(migration, pool);
    if (err) {
        return fail(err);
    }
    puts("indexes are in place");
    return EXIT_SUCCESS;
}

static int migrate(options_t *options, apr_pool_t *pool)
{
    shop_migration_t *migration;
    shop_error_t *err;

    options->settings.mongo_socket_ms = BUILD_PATIENCE_MS;
    err = shop_app_migration(&migration, &options->settings, pool);
    err = err ? err : shopctl_migrate(options->migrate, migration, pool);
    return err ? fail(err) : EXIT_SUCCESS;
}

static int reap(options_t *options, apr_pool_t *pool)
{
    shop_app_t *app;
    shop_error_t *err = open_app(&app, options, pool);

    err = err ? err : shop_app_reap(app, pool);
    return err ? fail(err) : EXIT_SUCCESS;
}

static int verify(options_t *options, apr_pool_t *pool)
{
    shop_app_t *app;
    int64_t left = 0;
    shop_error_t *err;

    options->settings.mongo_socket_ms = PATIENCE_MS;
    err = open_app(&app, options, pool);
    err = err ? err : shopctl_verify(&left, app, options->repair, options->json, pool);
    if (err) { /* 1 would say that the books are wrong */
        return fail(err) == EXIT_STORE ? EXIT_STORE : EXIT_USAGE;
    }
    return left ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int openapi(options_t *options, apr_pool_t *pool)
{
    json_t *document = shop_openapi_document(shop_app_routes(), "/api", &options->settings, pool);

    json_dumpf(document, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    putchar('\n');
    return EXIT_SUCCESS;
}

static int keygen(options_t *options, apr_pool_t *pool)
{
    const char *key;
    shop_error_t *err = shop_id_secret(&key, 48, pool);

    (void)options;
    if (err) {
        return fail(err);
    }
    puts(key);
    return EXIT_SUCCESS;
}

static int version(options_t *options, apr_pool_t *pool)
{
    (void)options;
    (void)pool;
    puts(PACKAGE_STRING);
    return EXIT_SUCCESS;
}

static const struct {
    const char *first, *second;
    int (*run)(options_t *options, apr_pool_t *pool);
} commands[] = {
    { "init", NULL, init_store }, { "migrate", NULL, migrate }, { "user", "create", user_create },
    { "reap", NULL, reap },       { "verify", NULL, verify },   { "openapi", NULL, openapi },
    { "keygen", NULL, keygen },   { "version", NULL, version },
};

enum {
    OPT_URI = 256,
    OPT_USERNAME,
    OPT_EMAIL,
    OPT_PASSWORD_FILE,
    OPT_ADMIN,
    OPT_IF_MISSING,
    OPT_REPAIR,
    OPT_JSON,
    OPT_BACK,
    OPT_FINISH,
    OPT_STATUS
};

static const apr_getopt_option_t known[] = {
    { "help", 'h', 0, "" },
    { "mongo-uri", OPT_URI, 1, "" },
    { "username", OPT_USERNAME, 1, "" },
    { "email", OPT_EMAIL, 1, "" },
    { "password-file", OPT_PASSWORD_FILE, 1, "" },
    { "admin", OPT_ADMIN, 0, "" },
    { "if-missing", OPT_IF_MISSING, 0, "" },
    { "repair", OPT_REPAIR, 0, "" },
    { "json", OPT_JSON, 0, "" },
    { "back", OPT_BACK, 0, "" },
    { "finish", OPT_FINISH, 0, "" },
    { "status", OPT_STATUS, 0, "" },
    { NULL, 0, 0, NULL },
};

static void take_option(options_t *options, int option, const char *value)
{
    switch (option) {
    case OPT_URI: options->settings.mongo_uri = value; break;
    case OPT_USERNAME: options->username = value; break;
    case OPT_EMAIL: options->email = value; break;
    case OPT_PASSWORD_FILE: options->password_file = value; break;
    case OPT_ADMIN: options->admin = true; break;
    case OPT_REPAIR: options->repair = true; break;
    case OPT_JSON: options->json = true; break;
    case OPT_BACK: options->migrate = SHOPCTL_MIGRATE_BACK; break;
    case OPT_FINISH: options->migrate = SHOPCTL_MIGRATE_FINISH; break;
    case OPT_STATUS: options->migrate = SHOPCTL_MIGRATE_STATUS; break;
    default: options->if_missing = true; break;
    }
}

/* Options may stand before, between and behind the words of the command. */
static int parse(options_t *options, int argc, const char *const argv[], apr_pool_t *pool)
{
    apr_getopt_t *state;
    const char *value;
    apr_status_t status;
    int option;

    apr_getopt_init(&state, pool, argc, argv);
    state->interleave = 1;
    while ((status = apr_getopt_long(state, known, &option, &value)) == APR_SUCCESS) {
        if (option == 'h') {
            fputs(usage, stdout);
            exit(EXIT_SUCCESS);
        }
        take_option(options, option, value);
    }
    if (status != APR_EOF) {
        return EXIT_USAGE; /* apr_getopt_long has said what it did not know */
    }
    for (; state->ind < argc && options->count < 4; state->ind++) {
        options->words[options->count++] = state->argv[state->ind];
    }
    return 0;
}

int main(int argc, const char *const argv[])
{
    options_t options = { .count = 0 };
    const char *uri = getenv("SHOP_MONGO_URI");
    apr_pool_t *pool;
    int status;

    apr_app_initialize(&argc, &argv, NULL);
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    shop_settings_defaults(&options.settings);
    options.settings.mongo_uri = uri && *uri ? uri : options.settings.mongo_uri;
    status = parse(&options, argc, argv, pool);
    if (status) {
        return status;
    }
    for (size_t i = 0; options.count && i < sizeof(commands) / sizeof(commands[0]); i++) {
        bool two = commands[i].second != NULL;

        if (!strcmp(options.words[0], commands[i].first) && options.count == (two ? 2 : 1) &&
            (!two || !strcmp(options.words[1], commands[i].second))) {
            return commands[i].run(&options, pool);
        }
    }
    return complain(options.count ? "there is no such command" : "say what to do");
}
