// SPDX-License-Identifier: MIT
// Cart and order. An order is claimed by unique indexes, stock is taken by conditional updates and given back when
// one line is short. Nothing is left for a sweeper: a process that dies between the steps leaves its claim.
import { randomInt } from 'node:crypto';
import { Long, ObjectId } from 'mongodb';
import { CURRENCY, Refused, SHOWN, money, timeText } from './catalogue.js';

export const QUANTITY_MAX = 10000;
const LINES_MAX = 100;
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const long = (number) => Long.fromNumber(number);

async function productsOf(db, ids) {
  if (ids.length === 0) return new Map();
  const live = { _id: { $in: ids }, deleted_at: null };
  const docs = await db.products.find(live, { projection: SHOWN, hint: '_id_' }).toArray();
  return new Map(docs.map((doc) => [doc._id.toHexString(), doc]));
}

const readCart = async (db, user) =>
  (await db.carts.findOne({ _id: user })) ?? { lines: [], gen: 0, updated_at: null };

function cartView(cart, products) {
  const items = [];
  let count = 0, total = 0;
  for (const line of cart.lines) {
    const product = products.get(line.product.toHexString());
    if (!product) continue;
    count += line.q;
    total += product.price * line.q;
    items.push({
      product_id: product._id.toHexString(),
      name: product.name,
      price: money(product.price),
      quantity: line.q,
      line_total: money(product.price * line.q),
      available: product.stock,
    });
  }
  return { items, item_count: count, total: money(total), currency: CURRENCY, updated_at: timeText(cart.updated_at) };
}

export async function showCart(db, user) {
  const cart = await readCart(db, user);
  return cartView(cart, await productsOf(db, cart.lines.map((line) => line.product)));
}

export async function addToCart(db, user, productId, quantity) {
  let cart = await readCart(db, user);
  const products = await productsOf(db, [...cart.lines.map((line) => line.product), productId]);
  const product = products.get(productId.toHexString());
  if (!product) throw new Refused(404, 'not_found');
  const held = cart.lines.filter((line) => line.product.equals(productId)).reduce((sum, line) => sum + line.q, 0);
  if (held + quantity > QUANTITY_MAX) throw new Refused(422, 'validation_failed');
  if (held + quantity > product.stock) throw new Refused(409, 'out_of_stock');
  for (let turn = 0; turn < 20; turn++) {
    if (!(await putLine(db, user, productId, quantity))) continue;
    cart = await readCart(db, user);
    const missing = cart.lines.map((line) => line.product).filter((id) => !products.has(id.toHexString()));
    for (const [id, doc] of await productsOf(db, missing)) products.set(id, doc);
    return cartView(cart, products);
  }
  throw new Refused(409, 'conflict');
}

async function putLine(db, user, productId, quantity) {
  const touch = { $set: { updated_at: new Date() } };
  const fits = { $elemMatch: { product: productId, q: { $lte: QUANTITY_MAX - quantity } } };
  const done = await db.carts.updateOne(
    { _id: user, lines: fits },
    { ...touch, $inc: { rev: long(1), 'lines.$.q': long(quantity) } },
  );
  if (done.matchedCount) return true;
  try {
    await db.carts.updateOne(
      { _id: user, 'lines.product': { $ne: productId }, [`lines.${LINES_MAX - 1}`]: { $exists: false } },
      {
        ...touch,
        $inc: { rev: long(1) },
        $setOnInsert: { gen: long(0) },
        $push: { lines: { product: productId, q: long(quantity) } },
      },
      { upsert: true },
    );
    return true;
  } catch (error) {
    if (error.code === 11000) return false; // the line appeared meanwhile, or is full
    throw error;
  }
}

const orderView = (order) => ({
  id: order._id.toHexString(),
  number: order.number,
  status: order.status,
  items: order.items.map((item) => ({
    product_id: item.product.toHexString(),
    name: item.name,
    price: money(Number(item.price)),
    quantity: Number(item.quantity),
    line_total: money(Number(item.total)),
  })),
  subtotal: money(Number(order.subtotal)),
  discount: money(Number(order.discount)),
  total: money(Number(order.total)),
  refunded: money(Number(order.refunded)),
  refundable: money(0), // a new order is unpaid
  currency: order.currency,
  coupon_code: null,
  shipping_address: order.address,
  payment_method: order.payment_method,
  history: order.history.map((event) => ({ status: event.status, at: timeText(event.at), by: event.by })),
  next_statuses: ['paid', 'cancelled'],
  created_at: timeText(order.created_at),
  updated_at: timeText(order.updated_at),
});

function newOrder(user, cart, items, body, key, fingerprint) {
  const id = new ObjectId();
  const total = items.reduce((sum, item) => sum + Number(item.total), 0);
  const number = Array.from({ length: 8 }, () => DIGITS[randomInt(32)]).join('');
  const at = new Date();
  return {
    _id: id, user, number: `SH-${number.slice(0, 4)}-${number.slice(4)}`, status: 'placing', rev: long(0), items,
    subtotal: long(total), discount: long(0), total: long(total), refunded: long(0), currency: CURRENCY,
    address: body.shipping_address, payment_method: body.payment_method, history: [], claimed_at: at,
    updated_at: at, cart_gen: long(cart.gen), cart_slot: `g:${cart.gen}`,
    key_slot: key ? `k:${key}` : `o:${id.toHexString()}`, fp: fingerprint, returned: [],
  };
}

// The stored answer of a known key, or nothing.
async function replay(db, user, key, fingerprint) {
  const known = key && (await db.orders.findOne({ user, key_slot: `k:${key}` }));
  if (!known) return undefined;
  if (known.fp !== fingerprint) throw new Refused(422, 'idempotency_mismatch');
  if (!known.reply) throw new Refused(409, 'idempotency_in_progress');
  return known.reply.toString();
}

async function priced(db, cart) {
  if (cart.lines.length === 0) throw new Refused(409, 'cart_empty');
  const products = await productsOf(db, cart.lines.map((line) => line.product));
  const items = [];
  for (const line of cart.lines) {
    const product = products.get(line.product.toHexString());
    if (!product) continue;
    if (product.stock < line.q) throw new Refused(409, 'out_of_stock');
    items.push({
      product: product._id, name: product.name, price: long(product.price), quantity: long(line.q),
      total: long(product.price * line.q), discount: long(0),
    });
  }
  return items.sort((a, b) => (a.product.toHexString() < b.product.toHexString() ? -1 : 1));
}

const move = (db, item, condition, sign) =>
  db.products.updateOne({ _id: item.product, ...condition }, { $inc: { stock: long(sign * Number(item.quantity)) } });

// Each line by its own conditional update, all at once; what was taken is given back when one is short.
async function takeAll(db, order) {
  const results = await Promise.all(
    order.items.map((item) =>
      move(db, item, { deleted_at: null, price: item.price, stock: { $gte: item.quantity } }, -1),
    ),
  );
  const taken = order.items.filter((_, i) => results[i].matchedCount === 1);
  if (taken.length === order.items.length) return;
  await Promise.all(taken.map((item) => move(db, item, {}, 1)));
  const own = `o:${order._id.toHexString()}`;
  await db.orders.updateOne({ _id: order._id }, { $set: { status: 'failed', cart_slot: own, key_slot: own } });
  throw new Refused(409, 'out_of_stock');
}

// { reply, replayed, taken }
export async function placeOrder(db, user, body, key, fingerprint) {
  let stored = await replay(db, user, key, fingerprint);
  if (stored) return { reply: stored, replayed: true, taken: [] };
  const cart = await readCart(db, user);
  const order = newOrder(user, cart, await priced(db, cart), body, key, fingerprint);
  try {
    await db.orders.insertOne(order);
  } catch (error) {
    if (error.code !== 11000) throw error;
    stored = await replay(db, user, key, fingerprint);
    if (stored) return { reply: stored, replayed: true, taken: [] };
    throw new Refused(409, 'order_in_progress');
  }
  await takeAll(db, order);
  const at = new Date();
  const history = [{ status: 'pending', at, by: user.toHexString() }];
  Object.assign(order, { status: 'pending', created_at: at, updated_at: at, history });
  const reply = JSON.stringify(orderView(order));
  await db.orders.updateOne(
    { _id: order._id, status: 'placing' },
    { $set: { status: 'pending', rev: long(1), created_at: at, updated_at: at, history, reply: Buffer.from(reply) } },
  );
  const ids = order.items.map((item) => item.product);
  await db.carts.updateOne(
    { _id: user, gen: long(cart.gen) },
    { $inc: { gen: long(1), rev: long(1) }, $set: { updated_at: at }, $pull: { lines: { product: { $in: ids } } } },
  );
  return { reply, replayed: false, taken: ids };
}
