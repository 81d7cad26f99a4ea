/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_PASSWORD_WERKZEUG_H
#define SHOP_DRIVERS_PASSWORD_WERKZEUG_H

/* Verifies what Python's werkzeug.security wrote: "scrypt:N:r:p$salt$hex" and
 * "pbkdf2:sha256:rounds$salt$hex". For taking over users; nothing new is ever stored this way. */

typedef enum {
    SHOP_WERKZEUG_NO, /* wrong password */
    SHOP_WERKZEUG_YES,
    SHOP_WERKZEUG_FOREIGN, /* not such a string, or with costs beyond what is sane */
    SHOP_WERKZEUG_NO_MEMORY
} shop_werkzeug_answer_t;

shop_werkzeug_answer_t shop_werkzeug_verify(const char *hash, const char *password);

#endif
