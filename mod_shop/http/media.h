/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_MEDIA_H
#define SHOP_HTTP_MEDIA_H

/* Content-Type and Accept, RFC 9110 sections 8.3 and 12.5.1, for an API that speaks JSON. */

#include <stdbool.h>

/* May a body of this Content-Type (NULL: none) be read as JSON? charset must be utf-8 or utf8,
 * other parameters have no effect (RFC 8259 section 11). merge_patch: application/merge-patch+json
 * too. */
bool shop_media_is_json(const char *content_type, bool merge_patch);
/* Does this Accept (NULL: none) allow application/json or application/problem+json? */
bool shop_media_is_accepted(const char *accept);

#endif
