/* SPDX-License-Identifier: MIT
 * Arguments and answers of calls: as the trace shows them, and copies for calls that are applied
 * after their caller gave up, whose pool may be gone by then. */
#include "storm.h"

#include <apr_strings.h>

#include "tests/kit/order_mem.h"

/* ---- what the trace says ---- */

static const char *unit_text(const char *id, apr_pool_t *pool)
{
    int product = storm_product_of(id);

    return product < 0 ? id : apr_psprintf(pool, "p%d", product);
}

static const char *lines_text(const apr_array_header_t *lines, apr_pool_t *pool)
{
    const char *text = "";

    for (int i = 0; lines && i < lines->nelts; i++) {
        const shop_cart_line_t *line = APR_ARRAY_IDX(lines, i, const shop_cart_line_t *);

        text = apr_psprintf(pool, "%s %sx%d", text, unit_text(line->product_id, pool),
                            (int)line->quantity);
    }
    return text;
}

/* One of lines, units or ids. */
static const char *item_text(const storm_t *storm, const storm_args_t *args, int i,
                             apr_pool_t *pool)
{
    const char *text;

    if (args->lines) {
        return apr_psprintf(pool, " %sx%d", unit_text(args->lines[i].unit_id, pool),
                            (int)args->lines[i].quantity);
    }
    if (!args->units) {
        return apr_psprintf(pool, " %s", unit_text(args->ids[i], pool));
    }
    text = apr_psprintf(pool, " %s:", unit_text(args->units[i].unit_id, pool));
    for (int k = 0; k < args->units[i].count; k++) {
        text =
            apr_psprintf(pool, "%s o%d", text, storm_order_of(storm, args->units[i].order_ids[k]));
    }
    return text;
}

static const char *cart_text(const storm_args_t *args, apr_pool_t *pool)
{
    const char *text = "";

    if (args->claim) {
        text = apr_psprintf(pool, "%s rev %d", lines_text(args->claim->lines, pool),
                            (int)args->claim->rev);
    }
    if (args->cart) {
        text = apr_psprintf(pool, "%s gen %d rev %d, left%s", text, (int)args->cart->gen,
                            (int)args->cart->rev, lines_text(args->left, pool));
    }
    return text;
}

const char *storm_args_text(const storm_t *storm, const storm_args_t *args, apr_pool_t *pool)
{
    const char *text = "";

    if (args->order_id) {
        text = apr_psprintf(pool, " o%d", storm_order_of(storm, args->order_id));
    }
    if (args->user_id) {
        text = apr_psprintf(pool, "%s u%d", text, storm_user_of(args->user_id));
    }
    if (args->id) {
        text = apr_psprintf(
            pool, "%s %s", text,
            storm_product_of(args->id) < 0
                ? "" /* of a redemption: an id that the store made */
                : apr_psprintf(pool, "%sx%d", unit_text(args->id, pool), (int)args->number));
    }
    for (int i = 0; i < args->count; i++) {
        text = apr_pstrcat(pool, text, item_text(storm, args, i, pool), NULL);
    }
    if (args->refund) {
        text = apr_psprintf(pool, "%s %d%s", text, (int)args->refund->amount,
                            args->refund->restock ? " with restock" : "");
    }
    if (args->from || args->to) {
        text = apr_psprintf(pool, "%s %s->%s", text, shop_order_status_stored(args->from),
                            shop_order_status_stored(args->to));
    }
    return apr_pstrcat(pool, text, cart_text(args, pool), NULL);
}

static const char *insert_text(shop_order_insert_t result)
{
    static const char *const texts[] = { " = done", " = given up", " = number", " = slot" };

    return texts[result];
}

const char *storm_out_text(const storm_op_t *op, void *out, apr_pool_t *pool)
{
    if (op->traits & STORM_BOOL) {
        return *(bool *)out ? " = yes" : " = no";
    }
    if (op->traits & STORM_INT) {
        return apr_psprintf(pool, " = %d", *(int *)out);
    }
    if (op->traits & STORM_INSERT) {
        return insert_text(*(shop_order_insert_t *)out);
    }
    if (op->traits & STORM_TOMBSTONE) {
        static const char *const texts[] = { " = set", " = placed", " = unseen" };

        return texts[((storm_tombstone_t *)out)->result];
    }
    if (op->traits & STORM_ORDER) {
        const shop_order_t *order = *(shop_order_t **)out;

        return apr_psprintf(pool, " = %s",
                            order ? shop_order_status_stored(order->status) : "none");
    }
    if (op->traits & STORM_HAS_CART) {
        const shop_cart_t *cart = *(shop_cart_t **)out;

        return apr_psprintf(pool, " = gen %d rev %d%s%s", (int)cart->gen, (int)cart->rev,
                            lines_text(cart->lines, pool), cart->claim ? ", claimed" : "");
    }
    if (op->traits & (STORM_LEFT | STORM_ORDERS)) {
        return apr_psprintf(pool, " = %d", (*(apr_array_header_t **)out)->nelts);
    }
    return "";
}

/* ---- copies ---- */

static apr_array_header_t *copy_lines(const apr_array_header_t *from, apr_pool_t *pool)
{
    apr_array_header_t *lines = apr_array_make(pool, 4, sizeof(shop_cart_line_t *));

    for (int i = 0; from && i < from->nelts; i++) {
        shop_cart_line_t *line =
            apr_pmemdup(pool, APR_ARRAY_IDX(from, i, shop_cart_line_t *), sizeof(*line));

        line->product_id = apr_pstrdup(pool, line->product_id);
        APR_ARRAY_PUSH(lines, shop_cart_line_t *) = line;
    }
    return lines;
}

static shop_cart_claim_t *copy_claim(const shop_cart_claim_t *from, apr_pool_t *pool)
{
    shop_cart_claim_t *claim = apr_pmemdup(pool, from, sizeof(*from));

    claim->order_id = apr_pstrdup(pool, from->order_id);
    claim->key_slot = apr_pstrdup(pool, from->key_slot);
    claim->lines = copy_lines(from->lines, pool);
    claim->coupon_code = apr_pstrdup(pool, from->coupon_code);
    return claim;
}

static shop_cart_t *copy_cart(const shop_cart_t *from, apr_pool_t *pool)
{
    shop_cart_t *cart = apr_pmemdup(pool, from, sizeof(*from));

    cart->user_id = apr_pstrdup(pool, from->user_id);
    cart->claim = from->claim ? copy_claim(from->claim, pool) : NULL;
    cart->lines = copy_lines(from->lines, pool);
    return cart;
}

static shop_order_event_t *copy_event(const shop_order_event_t *from, apr_pool_t *pool)
{
    shop_order_event_t *event = apr_pmemdup(pool, from, sizeof(*from));

    event->status = apr_pstrdup(pool, event->status);
    event->by = apr_pstrdup(pool, event->by);
    event->note = apr_pstrdup(pool, event->note);
    return event;
}

static const char **copy_texts(const char *const *from, int count, apr_pool_t *pool)
{
    const char **texts = apr_pcalloc(pool, sizeof(*texts) * (apr_size_t)(count + 1));

    for (int i = 0; i < count; i++) {
        texts[i] = apr_pstrdup(pool, from[i]);
    }
    return texts;
}

static shop_reservation_line_t *copy_reserved(const shop_reservation_line_t *from, int count,
                                              apr_pool_t *pool)
{
    shop_reservation_line_t *lines = apr_pmemdup(pool, from, sizeof(*lines) * (apr_size_t)count);

    for (int i = 0; i < count; i++) {
        lines[i].unit_id = apr_pstrdup(pool, lines[i].unit_id);
    }
    return lines;
}

static shop_unit_orders_t *copy_units(const shop_unit_orders_t *from, int count, apr_pool_t *pool)
{
    shop_unit_orders_t *units = apr_pmemdup(pool, from, sizeof(*units) * (apr_size_t)count);

    for (int i = 0; i < count; i++) {
        units[i].unit_id = apr_pstrdup(pool, units[i].unit_id);
        units[i].order_ids = copy_texts(from[i].order_ids, from[i].count, pool);
    }
    return units;
}

const storm_args_t *storm_args_copy(const storm_args_t *from, apr_pool_t *pool)
{
    storm_args_t *args = apr_pmemdup(pool, from, sizeof(*from));

    args->order = from->order ? shop_order_mem_copy(from->order, pool) : NULL;
    args->order_id = apr_pstrdup(pool, from->order_id);
    args->id = apr_pstrdup(pool, from->id);
    args->user_id = apr_pstrdup(pool, from->user_id);
    args->text = apr_pstrdup(pool, from->text);
    args->lines = from->lines ? copy_reserved(from->lines, from->count, pool) : NULL;
    args->units = from->units ? copy_units(from->units, from->count, pool) : NULL;
    args->ids = from->ids ? copy_texts(from->ids, from->count, pool) : NULL;
    args->cart = from->cart ? copy_cart(from->cart, pool) : NULL;
    args->claim = from->claim ? copy_claim(from->claim, pool) : NULL;
    args->left = from->left ? copy_lines(from->left, pool) : NULL;
    args->event = from->event ? copy_event(from->event, pool) : NULL;
    args->refund = from->refund ? shop_refund_mem_copy(from->refund, pool) : NULL;
    return args;
}

void storm_args_part(storm_args_t *part, const storm_args_t *args, int64_t mask, apr_pool_t *pool)
{
    apr_size_t count = (apr_size_t)args->count;
    shop_reservation_line_t *lines = apr_pcalloc(pool, sizeof(*lines) * count);
    shop_unit_orders_t *units = apr_pcalloc(pool, sizeof(*units) * count);

    *part = *args;
    part->count = 0;
    for (int i = 0; i < args->count; i++) {
        if ((mask >> i) & 1) {
            if (args->lines) {
                lines[part->count] = args->lines[i];
            } else {
                units[part->count] = args->units[i];
            }
            part->count++;
        }
    }
    part->lines = args->lines ? lines : NULL;
    part->units = args->units ? units : NULL;
}
