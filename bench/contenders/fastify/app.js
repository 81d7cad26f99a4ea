// SPDX-License-Identifier: MIT
// The benchmarked subset of the shop's API in Fastify, over the same collections and the same Redis.
import { createHash, randomBytes } from 'node:crypto';
import argon2 from 'argon2';
import Fastify from 'fastify';
import fastifyJwt from '@fastify/jwt';
import { Redis } from 'ioredis';
import { MongoClient, ObjectId } from 'mongodb';
import * as catalogue from './catalogue.js';
import * as checkout from './checkout.js';

const { Refused } = catalogue;
const { PREFIX, JWT_KEY, MONGO_URI } = process.env;
const LIMIT = Number(process.env.RATE_LIMIT);
const CACHE_S = 60;
const [ACCESS_S, REFRESH_S, ABSOLUTE_S] = [15 * 60, 7 * 86400, 30 * 86400];
const HEX = /^[0-9a-fA-F]{24}$/;
const JSON_TYPE = 'application/json';
const HASH = { type: argon2.argon2id, memoryCost: 19456, timeCost: 2, parallelism: 1 };

const client = new MongoClient(MONGO_URI, { maxPoolSize: 64 });
const cache = new Redis({ host: '127.0.0.1', port: Number(process.env.REDIS_PORT) });
const database = client.db();
const db = Object.fromEntries(
  ['products', 'users', 'sessions', 'carts', 'orders'].map((name) => [name, database.collection(name)]),
);
const app = Fastify({ logger: false, keepAliveTimeout: 75000 });
// verified for unknown accounts, so that they cost the same
const nobody = await argon2.hash(randomBytes(16), HASH);

await app.register(fastifyJwt, {
  secret: JWT_KEY,
  sign: { algorithm: 'HS256', header: { kid: 'bench' } },
  verify: { algorithms: ['HS256'], allowedIss: 'mod_shop', clockTolerance: 30000 },
});

app.setErrorHandler((error, request, reply) => {
  const status = error.validation ? 422 : (error.statusCode ?? 500);
  if (status >= 500) console.error(error);
  reply.code(status).type('application/problem+json').send({ code: error.code ?? 'error', status });
});

const text = { type: 'string' };
const nullable = { type: ['string', 'null'] };
const number = { type: 'number' };
const integer = { type: 'integer' };
const object = (properties) => ({ type: 'object', properties });
const listOf = (items) => ({ type: 'array', items });
const cartSchema = object({
  items: listOf(object({
    product_id: text, name: text, price: number, quantity: integer, line_total: number, available: integer,
  })),
  item_count: integer, total: number, currency: text, updated_at: nullable,
});
const userSchema = object({
  id: text, username: text, email: text, role: text, email_verified: { type: 'boolean' }, created_at: text,
  updated_at: text,
});
const loginSchema = object({
  access_token: text, refresh_token: text, token_type: text, expires_in: integer, refresh_expires_in: integer,
  user: userSchema,
});
const page = {
  querystring: {
    type: 'object',
    properties: { limit: { type: 'integer', minimum: 1, maximum: 100, default: catalogue.PAGE }, cursor: text, q: text },
  },
};
const required = (names) => ({ required: names, properties: Object.fromEntries(names.map((name) => [name, text])) });

// One trip to Redis: the rate limit, and what else is wanted.
async function counted(request, reply, ...commands) {
  const name = `${PREFIX}rate:${request.ip}:${Math.floor(Date.now() / 60000)}`;
  const results = await cache.pipeline([['incr', name], ['expire', name, 60], ...commands]).exec();
  for (const [error] of results) if (error) throw error;
  const left = LIMIT - results[0][1];
  if (left < 0) throw new Refused(429, 'rate_limited');
  reply.header('x-ratelimit-limit', LIMIT).header('x-ratelimit-remaining', left);
  return results[2]?.[1];
}

// Cache-aside.
async function cached(request, reply, key, make) {
  let body = await counted(request, reply, ['get', PREFIX + key]);
  if (body === null) {
    body = JSON.stringify(await make());
    await cache.set(PREFIX + key, body, 'EX', CACHE_S);
  }
  return reply.type(JSON_TYPE).send(body);
}

// Id of the signed-in user; one trip to Redis for the limit and the list of ended sessions.
async function caller(request, reply) {
  let claims;
  try {
    claims = await request.jwtVerify();
  } catch {
    throw new Refused(401, 'token_invalid');
  }
  if (claims.use !== 'access' || claims.aud !== 'shop') throw new Refused(401, 'token_invalid');
  if (await counted(request, reply, ['exists', `${PREFIX}ended:${claims.sid}`])) throw new Refused(401, 'token_revoked');
  request.caller = ObjectId.createFromHexString(claims.sub);
}

app.decorateRequest('caller', null);
app.get('/health', async () => ({ status: 'ok' }));

app.get('/api/products', { schema: page }, async (request, reply) => {
  const { limit, cursor = '', q } = request.query;
  return q === undefined
    ? cached(request, reply, `list:${limit}:${cursor}`, () => catalogue.newest(db.products, limit, cursor))
    : cached(request, reply, `search:${limit}:${cursor}:${catalogue.wordsOf(q).join(' ')}`, () =>
        catalogue.search(db.products, q, limit, cursor));
});

app.get('/api/products/featured', { schema: page }, async (request, reply) => {
  const { limit, cursor = '' } = request.query;
  return cached(request, reply, `featured:${limit}:${cursor}`, () =>
    catalogue.newest(db.products, limit, cursor, { featured: true }));
});

app.get('/api/products/:id', async (request, reply) => {
  const { id } = request.params;
  if (!HEX.test(id)) throw new Refused(404, 'not_found');
  return cached(request, reply, `product:${id.toLowerCase()}`, async () => {
    const doc = await db.products.findOne(
      { _id: ObjectId.createFromHexString(id), deleted_at: null },
      { projection: catalogue.SHOWN },
    );
    if (!doc) throw new Refused(404, 'not_found');
    return catalogue.productView(doc);
  });
});

app.get('/api/cart', { onRequest: caller, schema: { response: { 200: cartSchema } } }, async (request) =>
  checkout.showCart(db, request.caller));

app.post('/api/cart', {
  onRequest: caller,
  schema: {
    body: {
      type: 'object',
      required: ['product_id', 'quantity'],
      properties: {
        product_id: { type: 'string', pattern: HEX.source },
        quantity: { type: 'integer', minimum: 1, maximum: checkout.QUANTITY_MAX },
      },
    },
    response: { 200: cartSchema },
  },
}, async (request) => checkout.addToCart(
  db, request.caller, ObjectId.createFromHexString(request.body.product_id), request.body.quantity));

app.post('/api/orders', {
  onRequest: caller,
  schema: {
    body: {
      type: 'object',
      required: ['shipping_address', 'payment_method'],
      properties: {
        shipping_address: { type: 'object', ...required(['street', 'city', 'state', 'country', 'zip_code']) },
        payment_method: { enum: ['credit_card', 'debit_card', 'paypal', 'bank_transfer', 'cash_on_delivery'] },
      },
    },
  },
}, async (request, reply) => {
  const { body, caller: user } = request;
  const fingerprint = createHash('sha256').update(JSON.stringify(Object.entries(body).sort())).digest('hex');
  const placed = await checkout.placeOrder(db, user, body, request.headers['idempotency-key'], fingerprint);
  if (placed.taken.length) await cache.del(placed.taken.map((id) => `${PREFIX}product:${id.toHexString()}`));
  if (placed.replayed) reply.header('idempotent-replayed', 'true');
  return reply.code(201).type(JSON_TYPE).send(placed.reply);
});

function sign(user, session, use, lifetime, more) {
  const at = Math.floor(Date.now() / 1000);
  return app.jwt.sign({
    iss: 'mod_shop', aud: use === 'access' ? 'shop' : 'shop/refresh', use, sub: user._id.toHexString(), sid: session,
    jti: randomBytes(16).toString('base64url'), iat: at, nbf: at, exp: at + lifetime, ...more,
  });
}

app.post('/api/auth/login', {
  schema: { body: { type: 'object', ...required(['email', 'password']) }, response: { 200: loginSchema } },
}, async (request, reply) => {
  const { email, password } = request.body;
  const key = email.toLowerCase();
  const failures = `${PREFIX}failed:${key}`;
  if (Number(await counted(request, reply, ['get', failures])) >= LIMIT) throw new Refused(429, 'rate_limited');
  const user = await db.users.findOne({ email_key: key });
  const matches = await argon2.verify(user?.password_hash ?? nobody, password);
  if (!user || !matches || user.disabled) {
    await cache.pipeline([['incr', failures], ['expire', failures, 900]]).exec();
    throw new Refused(401, 'invalid_credentials');
  }
  const [session, refreshId] = [randomBytes(16), randomBytes(16)].map((bytes) => bytes.toString('base64url'));
  const at = Date.now();
  await db.sessions.insertOne({
    _id: session, user_id: user._id, role: user.role,
    current: createHash('sha256').update(refreshId).digest('hex'), created_at: new Date(at),
    expires_at: new Date(at + REFRESH_S * 1000), absolute_at: new Date(at + ABSOLUTE_S * 1000), revoked: false,
  });
  return {
    access_token: sign(user, session, 'access', ACCESS_S, { role: user.role }),
    refresh_token: sign(user, session, 'refresh', REFRESH_S, { jti: refreshId }),
    token_type: 'Bearer',
    expires_in: ACCESS_S,
    refresh_expires_in: REFRESH_S,
    user: {
      id: user._id.toHexString(), username: user.username, email: user.email, role: user.role,
      email_verified: user.email_verified, created_at: catalogue.timeText(user.created_at),
      updated_at: catalogue.timeText(user.updated_at),
    },
  };
});

export async function start() {
  await client.connect();
  await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 2048 });
  process.on('SIGTERM', async () => {
    await app.close();
    await client.close();
    cache.disconnect();
    process.exit();
  });
}
