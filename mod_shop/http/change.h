/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_CHANGE_H
#define SHOP_HTTP_CHANGE_H

/* The loop that changes one object under optimistic concurrency control: read it, compare If-Match
 * (RFC 9110 section 13.1.1), merge, and write it if its revision is still the one that was read. */

#include "req.h"

/* One turn: reads the object, checks If-Match and writes it. *done false: another request has
 * written it in between, so nothing was written. */
typedef shop_error_t *(*shop_change_turn_t)(bool *done, void *baton);

/* Runs turns until one is done. A request that was overtaken gets PRECONDITION_FAILED if it sent
 * If-Match with a tag, since that revision no longer exists, and CONFLICT after eight turns. noun:
 * what is changed, for the texts ("product"). Errors of turn are returned. */
shop_error_t *shop_change(shop_change_turn_t turn, void *baton, const shop_req_t *req,
                          const char *noun);

#endif
