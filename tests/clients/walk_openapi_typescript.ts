// SPDX-License-Identifier: MIT
// From registration to an order with the types of openapi-typescript. Compiled under --strict: a type
// that does not fit fails as well as a reply that does not.
import createClient from "openapi-fetch";
import type { components, paths } from "./client/schema";

declare const process: { env: Record<string, string | undefined>; exitCode?: number };

const api = createClient<paths>({ baseUrl: process.env.SHOP_API! });
const name = process.env.SHOP_WALKER!;

function must<T>(answer: { data?: T; error?: unknown; response: Response }, status: number): T {
  if (answer.response.status !== status || answer.data === undefined) {
    throw new Error(`${answer.response.url}: ${answer.response.status} ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

function same(what: string, is: unknown, wanted: unknown): void {
  if (is !== wanted) throw new Error(`${what}: ${is}, not ${wanted}`);
}

async function walk(): Promise<void> {
  const email = `${name}@example.com`;
  const password = `a password of ${name}`;
  const user = must(await api.POST("/auth/register", { body: { username: name, email, password } }), 201);
  same("role", user.role, "user");
  const pair = must(await api.POST("/auth/login", { body: { email, password } }), 200);
  const headers = { Authorization: `Bearer ${pair.access_token}` };

  const empty = must(await api.GET("/cart", { headers }), 200);
  const never: string | null = empty.updated_at;
  same("updated_at of a new cart", never, null);

  const list = must(await api.GET("/products", { params: { query: { q: "Lamp", limit: 5 } } }), 200);
  const found: components["schemas"]["Product"] | undefined = list.items[0];
  const product = must(await api.GET("/products/{id}", { params: { path: { id: found!.id! } } }), 200);
  const cart = must(await api.POST("/cart", { headers, body: { product_id: product.id!, quantity: 2 } }), 200);
  same("item_count", cart.item_count, 2);

  const quote = must(
    await api.POST("/cart/quote", { headers, body: { coupon_code: process.env.SHOP_COUPON! } }), 200);
  same("the coupon applies", quote.coupon?.applies, true);
  const unknown = must(await api.POST("/cart/quote", { headers, body: { coupon_code: "NO-SUCH-CODE" } }), 200);
  const reason: "unknown" | undefined | null | string = unknown.coupon?.reason;
  same("reason", reason, "unknown");

  const order = must(
    await api.POST("/orders", {
      headers,
      params: { header: { "Idempotency-Key": `order of ${name}` } },
      body: {
        shipping_address: { street: "1 Main Street", city: "Springfield", state: "IL", country: "US", zip_code: "62701" },
        payment_method: "credit_card",
        coupon_code: process.env.SHOP_COUPON!,
        expected_total: quote.total,
      },
    }), 201);
  same("total", order.total, quote.total);
  const next: components["schemas"]["Order"]["next_statuses"][number] = order.next_statuses[0]!;
  same("next status", next, "paid");
  const orders = must(await api.GET("/orders", { headers }), 200);
  same("orders", orders.items[0]?.number, order.number);
  const refused = await api.GET("/orders/{id}", { headers, params: { path: { id: "0".repeat(24) } } });
  same("code of the refusal", refused.error?.code, "not_found");
  console.log(`openapi-typescript: order ${order.number} of ${order.total} ${order.currency}`);
}

walk().catch((reason) => {
  console.error(reason);
  process.exitCode = 1;
});
