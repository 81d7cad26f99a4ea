// SPDX-License-Identifier: MIT
// Products: documents in, answers out. Lists are keyset pages over the stored sort keys.
import { ObjectId } from 'mongodb';

export const CURRENCY = 'USD';
export const PAGE = 20;
export const SHOWN = Object.fromEntries(
  ['name', 'description', 'price', 'category', 'stock', 'image_url', 'featured', 'created_at', 'updated_at'].map(
    (name) => [name, 1],
  ),
);

export class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.statusCode = status;
    this.code = code;
  }
}

export const money = (cents) => cents / 100;
export const timeText = (time) => (time ? time.toISOString().slice(0, 19) + 'Z' : null);

export const productView = (doc) => ({
  id: doc._id.toHexString(),
  name: doc.name,
  description: doc.description,
  price: money(doc.price),
  currency: CURRENCY,
  category: doc.category,
  stock: doc.stock,
  image_url: doc.image_url,
  featured: doc.featured,
  created_at: timeText(doc.created_at),
  updated_at: timeText(doc.updated_at),
});

// NFKD, folded, without marks, split at what is no letter or digit
export function wordsOf(text) {
  const folded = text.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
  return [...new Set(folded.split(/[^\p{L}\p{N}]+/u).filter(Boolean))];
}

const encodeCursor = (sort, text, number, doc) =>
  Buffer.from(JSON.stringify([sort, text, number, doc._id.toHexString()])).toString('base64url');

function decodeCursor(cursor, sort) {
  let found;
  try {
    found = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw new Refused(422, 'validation_failed');
  }
  if (!Array.isArray(found) || found[0] !== sort || !Number.isSafeInteger(found[2]) || !ObjectId.isValid(found[3])) {
    throw new Refused(422, 'validation_failed');
  }
  return { text: found[1], number: found[2], id: found[3] };
}

function page(docs, limit, cursorOf) {
  const more = docs.length > limit;
  if (more) docs.length = limit;
  return { items: docs.map(productView), next_cursor: more ? cursorOf(docs[limit - 1]) : null };
}

export async function newest(products, limit, cursor, conditions = {}) {
  const sort = '-created_at';
  const query = { deleted_at: null, ...conditions };
  if (cursor) {
    const { number, id } = decodeCursor(cursor, sort);
    query.by_created = { $lt: Math.floor(number / 1000).toString(16).padStart(16, '0') + id };
  }
  const docs = await products
    .find(query, { projection: SHOWN, sort: { by_created: -1 }, limit: limit + 1 })
    .toArray();
  return page(docs, limit, (doc) => encodeCursor(sort, null, doc.created_at.getTime() * 1000, doc));
}

// Products with every word in their name first, then the others; each by name.
export async function search(products, text, limit, cursor) {
  const words = wordsOf(text);
  if (words.length === 0) return { items: [], next_cursor: null };
  let after, rank = 0;
  if (cursor) {
    const found = decodeCursor(cursor, 'relevance');
    after = { by_name: { $gt: `${found.text}\x01${found.id}` } };
    rank = found.number;
  }
  const options = { projection: { ...SHOWN, by_name: 1 }, sort: { by_name: 1 } };
  const inName = { name_words: { $all: words } };
  let docs = [], titles = 0;
  if (rank === 0) {
    docs = await products
      .find({ deleted_at: null, ...inName, ...after }, { ...options, limit: limit + 1, hint: 'title_name' })
      .toArray();
    titles = docs.length;
    after = undefined;
  }
  if (docs.length <= limit) {
    docs = docs.concat(
      await products
        .find(
          { deleted_at: null, words: { $all: words }, $nor: [inName], ...after },
          { ...options, limit: limit + 1 - docs.length, hint: 'words_name' },
        )
        .toArray(),
    );
  }
  return page(docs, limit, (doc) =>
    encodeCursor('relevance', doc.by_name.split('\x01')[0], limit - 1 < titles ? 0 : 1, doc),
  );
}
