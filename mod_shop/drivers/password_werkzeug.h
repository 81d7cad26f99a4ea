/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_PASSWORD_WERKZEUG_H
#define SHOP_DRIVERS_PASSWORD_WERKZEUG_H

/* Verifies hashes of Python's werkzeug.security: "scrypt:N:r:p$salt$hex" and
 * "pbkdf2:sha256:rounds$salt$hex". For migrated users; new hashes never have these forms. */

typedef enum {
    SHOP_WERKZEUG_NO, /* wrong password */
    SHOP_WERKZEUG_YES,
    SHOP_WERKZEUG_FOREIGN, /* another form, or cost parameters above the limits */
    SHOP_WERKZEUG_NO_MEMORY
} shop_werkzeug_answer_t;

shop_werkzeug_answer_t shop_werkzeug_verify(const char *hash, const char *password);

#endif
