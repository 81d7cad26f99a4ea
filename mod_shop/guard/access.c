/* SPDX-License-Identifier: MIT
 * The route's role against the caller's. Must never let a route through that has no rule. */
#include "../http/route.h"
#include "guards.h"

shop_error_t *shop_guard_access(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res)
{
    (void)ports;
    (void)res;
    switch (req->route->access) {
    case SHOP_ACCESS_PUBLIC:
    case SHOP_ACCESS_OPTIONAL: return NULL;
    case SHOP_ACCESS_CUSTOMER:
        if (req->caller.role == SHOP_ROLE_USER || req->caller.role == SHOP_ROLE_ADMIN) {
            return NULL;
        }
        break;
    case SHOP_ACCESS_ADMIN:
        if (req->caller.role == SHOP_ROLE_ADMIN) {
            return NULL;
        }
        break;
    case SHOP_ACCESS_REFRESH:
        /* A refresh token carries no role; who it belongs to is all the handler needs. */
        if (req->caller.user_id) {
            return NULL;
        }
        break;
    case SHOP_ACCESS_UNSET: break;
    }
    return shop_err(req->pool, FORBIDDEN, "your role does not allow this");
}
