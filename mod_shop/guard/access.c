/* SPDX-License-Identifier: MIT
 * Authorisation: the caller's role against the route's. A route without a rule is refused. */
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
        /* A refresh token has no role; the handler only needs its user. */
        if (req->caller.user_id) {
            return NULL;
        }
        break;
    case SHOP_ACCESS_UNSET: break;
    }
    return shop_err(req->pool, FORBIDDEN, "your role does not allow this");
}
