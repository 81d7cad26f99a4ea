/* SPDX-License-Identifier: MIT
 * `shopctl doctor`: what the database must hold. */
#include <apr_strings.h>
#include <string.h>

#include "mod_shop/accounts/account.h"
#include "mod_shop/drivers/mongo.h"
#include "mod_shop/store/migrate.h"
#include "tools/doctor.h"

static void report_error(doctor_t *doctor, const char *check, const shop_error_t *err)
{
    doctor_report(doctor, DOCTOR_ERROR, check, "look into the log of mongod", "%s",
                  err->cause ? err->cause : err->detail);
}

/* false: the database cannot be looked at any further. */
static bool check_version(doctor_t *doctor, const shop_migration_t *migration)
{
    shop_schema_t *schema;
    shop_error_t *err = shop_schema_read(&schema, migration->mongo, doctor->pool);
    int known = shop_stages_last(migration->stages);

    if (err) {
        report_error(doctor, "schema", err);
        return false;
    }
    if (!schema->exists) {
        doctor_report(doctor, DOCTOR_ERROR, "schema", doctor_command(doctor, "init"),
                      "the database was never made ready");
        return false;
    } else if (shop_schema_fit(schema, migration->stages) == SHOP_SCHEMA_NEWER) {
        doctor_report(doctor, DOCTOR_ERROR, "schema", "install the version that migrated it",
                      "the database has schema %d and this version knows %d", schema->version,
                      known);
    } else if (schema->version < known) {
        doctor_report(doctor, DOCTOR_ERROR, "schema", doctor_command(doctor, "migrate"),
                      "the database has schema %d and this version has %d", schema->version, known);
    } else if (schema->step != SHOP_STEP_NONE) {
        doctor_report(doctor, DOCTOR_WARNING, "schema", doctor_command(doctor, "migrate --status"),
                      "stage %d was interrupted, or is under way", schema->number);
    } else {
        doctor_ok(doctor, "schema", "schema %d", schema->version);
    }
    return true;
}

static bool has(const apr_array_header_t *names, const char *name)
{
    for (int i = 0; i < names->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(names, i, const char *), name)) {
            return true;
        }
    }
    return false;
}

/* Those that are not unique only make lists fast: one of their name will do. */
static shop_error_t *list_slow(apr_array_header_t *missing, doctor_t *doctor,
                               const shop_migration_t *migration, const shop_mongo_index_t *table)
{
    apr_array_header_t *names = apr_array_make(doctor->pool, 16, sizeof(const char *));
    const char *collection = "";

    for (const shop_mongo_index_t *index = table; index->collection; index++) {
        if (strcmp(collection, index->collection) != 0) {
            collection = index->collection;
            SHOP_TRY(shop_mongo_index_names(names, migration->mongo, collection, doctor->pool));
        }
        if (!index->unique && !has(names, index->name)) {
            APR_ARRAY_PUSH(missing, const char *) =
                apr_pstrcat(doctor->pool, index->name, " of ", collection, NULL);
        }
    }
    return NULL;
}

static shop_error_t *list_missing(apr_array_header_t *unique, apr_array_header_t *slow,
                                  doctor_t *doctor, const shop_migration_t *migration)
{
    for (const shop_mongo_index_t *const *table = migration->indexes; *table; table++) {
        const char *name = NULL;

        SHOP_TRY(shop_mongo_check_indexes(&name, migration->mongo, *table, doctor->pool));
        if (name) {
            APR_ARRAY_PUSH(unique, const char *) = name;
        }
        SHOP_TRY(list_slow(slow, doctor, migration, *table));
    }
    return NULL;
}

static void report_missing(doctor_t *doctor, doctor_level_t level, const char *what,
                           const apr_array_header_t *missing)
{
    const char *names = "";

    for (int i = 0; i < missing->nelts; i++) {
        names = apr_pstrcat(doctor->pool, names, i ? ", " : "",
                            APR_ARRAY_IDX(missing, i, const char *), NULL);
    }
    if (missing->nelts) {
        doctor_report(doctor, level, "indexes", doctor_command(doctor, "migrate"), "%s: %s", what,
                      names);
    }
}

static void check_indexes(doctor_t *doctor, const shop_migration_t *migration)
{
    apr_array_header_t *unique = apr_array_make(doctor->pool, 8, sizeof(const char *));
    apr_array_header_t *slow = apr_array_make(doctor->pool, 8, sizeof(const char *));
    shop_error_t *err = list_missing(unique, slow, doctor, migration);

    if (err) {
        report_error(doctor, "indexes", err);
        return;
    }
    report_missing(doctor, DOCTOR_ERROR, "unique indexes are missing, writes are refused", unique);
    report_missing(doctor, DOCTOR_WARNING, "indexes are missing, lists are slow", slow);
    if (!unique->nelts && !slow->nelts) {
        doctor_ok(doctor, "indexes", "all are there");
    }
}

static void check_admin(doctor_t *doctor, const shop_migration_t *migration)
{
    bson_t *filter = BCON_NEW("role", BCON_UTF8(SHOP_ROLE_NAME_ADMIN), "disabled", "{", "$ne",
                              BCON_BOOL(true), "}");
    int64_t count = 0;
    shop_error_t *err = shop_mongo_count_documents(
        &count, migration->mongo, shop_user_record.collection, filter, NULL, 10, doctor->pool);

    bson_destroy(filter);
    if (err) {
        report_error(doctor, "admin", err);
    } else if (!count) {
        doctor_report(doctor, DOCTOR_WARNING, "admin",
                      doctor_command(doctor, "user create --admin --username NAME --email ADDRESS"),
                      "there is no admin: nobody can manage the catalogue");
    } else {
        doctor_ok(doctor, "admin", "there is an admin");
    }
}

void doctor_check_schema(doctor_t *doctor, const char *uri)
{
    shop_settings_t *settings =
        apr_pmemdup(doctor->pool, &doctor->ctl->settings, sizeof(*settings));
    shop_migration_t *migration;
    shop_error_t *err;

    settings->mongo_uri = uri;
    err = shop_app_migration(&migration, settings, doctor->pool);
    if (err) {
        report_error(doctor, "schema", err);
    } else if (check_version(doctor, migration)) {
        doctor_check_currency(doctor, migration->mongo);
        check_indexes(doctor, migration);
        check_admin(doctor, migration);
    }
}
