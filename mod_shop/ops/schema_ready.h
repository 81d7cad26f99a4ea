/* SPDX-License-Identifier: MIT */
#ifndef SHOP_OPS_SCHEMA_READY_H
#define SHOP_OPS_SCHEMA_READY_H

/* Can this process work with the database as it was migrated? The schema document is read when the
 * child starts, with each heartbeat and by readiness, and by no request once it was read. */

#include "../guard/guards.h"
#include "../store/currency.h"
#include "../store/migrate.h"

typedef struct shop_schema_ready_t shop_schema_ready_t;

/* stages and currency outlive pool. currency: of ShopCurrency; NULL: not compared. Sends no
 * command.
 */
shop_schema_ready_t *shop_schema_ready(struct shop_mongo_t *mongo, const shop_stage_t *stages,
                                       const shop_currency_t *currency, apr_pool_t *pool);
/* Reads the document and the database's currency, when that was done longer ago than max_age
 * (microseconds), and says in the log when one does not fit. *fit: as it was found last; FITS while
 * it could not be read yet. UNAVAILABLE, INTERNAL: it could not be read now. */
shop_error_t *shop_schema_ready_look(shop_schema_fit_t *fit, shop_schema_ready_t *ready,
                                     apr_time_t max_age, apr_pool_t *pool);
/* What adapters may ask; as long-lived as ready. */
const shop_schema_known_t *shop_schema_ready_known(const shop_schema_ready_t *ready);
/* Is ShopCurrency another currency than the database's, as it was found last? */
bool shop_schema_ready_other_currency(const shop_schema_ready_t *ready);
/* The guard's port. Its check is UNAVAILABLE when the database does not fit, or its amounts are in
 * another currency. */
shop_schema_gate_t *shop_schema_ready_gate(shop_schema_ready_t *ready);

#endif
