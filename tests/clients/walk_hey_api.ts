// SPDX-License-Identifier: MIT
// From registration to an order with the client that @hey-api/openapi-ts makes. Compiled under --strict.
import { client } from "./client/client.gen";
import * as shop from "./client/sdk.gen";
import type { Order, Product } from "./client/types.gen";

declare const process: { env: Record<string, string | undefined>; exitCode?: number };

client.setConfig({ baseUrl: process.env.SHOP_API! });
const name = process.env.SHOP_WALKER!;

function same(what: string, is: unknown, wanted: unknown): void {
  if (is !== wanted) throw new Error(`${what}: ${is}, not ${wanted}`);
}

async function walk(): Promise<void> {
  const throwOnError = true;
  const email = `${name}@example.com`;
  const password = `a password of ${name}`;
  const { data: user } = await shop.register({ throwOnError, body: { username: name, email, password } });
  same("role", user.role, "user");
  const { data: pair } = await shop.login({ throwOnError, body: { email, password } });
  client.setConfig({ auth: pair.access_token });

  const { data: empty } = await shop.showCart({ throwOnError });
  const never: string | null = empty.updated_at;
  same("updated_at of a new cart", never, null);

  const { data: list } = await shop.listProducts({ throwOnError, query: { q: "Lamp", limit: 5 } });
  const found: Product | undefined = list.items[0];
  const { data: product } = await shop.showProduct({ throwOnError, path: { id: found!.id! } });
  const { data: cart } = await shop.addToCart({ throwOnError, body: { product_id: product.id!, quantity: 2 } });
  same("item_count", cart.item_count, 2);

  const coupon_code = process.env.SHOP_COUPON!;
  const { data: quote } = await shop.quoteCart({ throwOnError, body: { coupon_code } });
  same("the coupon applies", quote.coupon?.applies, true);
  const { data: order } = await shop.placeOrder({
    throwOnError,
    headers: { "Idempotency-Key": `order of ${name}` },
    body: {
      shipping_address: { street: "1 Main Street", city: "Springfield", state: "IL", country: "US", zip_code: "62701" },
      payment_method: "credit_card",
      coupon_code,
      expected_total: quote.total,
    },
  });
  same("total", order.total, quote.total);
  const next: Order["next_statuses"][number] = order.next_statuses[0]!;
  same("next status", next, "paid");
  const { data: orders } = await shop.listOrders({ throwOnError });
  same("orders", orders.items[0]?.number, order.number);
  const refused = await shop.showOrder({ path: { id: "0".repeat(24) } });
  same("code of the refusal", refused.error?.code, "not_found");
  console.log(`hey-api: order ${order.number} of ${order.total} ${order.currency}`);
}

walk().catch((reason) => {
  console.error(reason);
  process.exitCode = 1;
});
