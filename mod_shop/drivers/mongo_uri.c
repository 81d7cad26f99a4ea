/* SPDX-License-Identifier: MIT
 * Checks connection strings at configtest. Messages quote nothing of them: they hold passwords. */
#include <apr_strings.h>
#include <string.h>

#include "mongo.h"

const char *shop_mongo_uri_problem(const char *uri, apr_pool_t *pool)
{
    bson_error_t error;
    mongoc_uri_t *parsed;
    const char *ca_file;
    const char *problem = NULL;

    if (strncmp(uri, "mongodb://", 10) && strncmp(uri, "mongodb+srv://", 14)) {
        return "is not a MongoDB connection string (mongodb://host[:port]/database)";
    }
    parsed = mongoc_uri_new_with_error(uri, &error);
    if (!parsed) {
        /* The driver's message may quote user and password, so it is not used. */
        return "is not a well-formed MongoDB connection string (mongodb://host[:port]/database; "
               "percent-encode special characters of a password)";
    }
    ca_file = mongoc_uri_get_option_as_utf8(parsed, MONGOC_URI_TLSCAFILE, NULL);
    if (ca_file) { /* the driver would only notice at the first connection */
        FILE *file = fopen(ca_file, "r");

        if (file) {
            fclose(file);
        } else {
            problem = apr_psprintf(pool, "names a tlsCAFile that cannot be read (%s)", ca_file);
        }
    }
    mongoc_uri_destroy(parsed);
    return problem;
}
