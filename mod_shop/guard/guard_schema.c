/* SPDX-License-Identifier: MIT
 * Refuses requests while the schema version of the database does not match this version. */
#include "../http/route.h"
#include "guards.h"

shop_error_t *shop_guard_schema(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res)
{
    (void)res;
    if (!ports->schema || (req->route && req->route->rate == SHOP_RATE_CLASS_EXEMPT)) {
        return NULL;
    }
    return ports->schema->check(ports->schema, req->pool);
}
