/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STAGES_H
#define SHOP_STAGES_H

/* The stages of the migration, one row each, in the order in which they came into the world. A row
 * is never changed once a version with it was published. docs/upgrading.md says what an
 * administrator does with them, store/migrate.h what a stage must hold to. */

#include "store/migrate.h"

extern const shop_stage_t shop_stages[];

#endif
