/* SPDX-License-Identifier: MIT
 * Changes of one object that concurrent writes may overtake. */
#include "change.h"

#include <string.h>

#define MOST_TURNS 8

static shop_error_t *overtaken(const shop_req_t *req, int turns, const char *noun)
{
    const char *tag = shop_req_header(req, "If-Match");

    if (tag && strcmp(tag, "*") != 0) {
        return shop_err(req->pool, PRECONDITION_FAILED, "the %s changed at the same moment", noun);
    }
    if (turns == MOST_TURNS) {
        return shop_err(req->pool, CONFLICT, "the %s keeps changing; try again", noun);
    }
    return NULL;
}

shop_error_t *shop_change(shop_change_turn_t turn, void *baton, const shop_req_t *req,
                          const char *noun)
{
    bool done = false;

    for (int turns = 1;; turns++) {
        SHOP_TRY(turn(&done, baton));
        if (done) {
            return NULL;
        }
        SHOP_TRY(overtaken(req, turns, noun));
    }
}
