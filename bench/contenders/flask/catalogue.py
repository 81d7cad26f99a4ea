# SPDX-License-Identifier: MIT
"""Products: documents in, answers out. Lists are keyset pages over the stored sort keys."""
import base64
import unicodedata

import orjson
from bson import ObjectId

CURRENCY = "USD"
PAGE = 20
SHOWN = {name: 1 for name in ("name", "description", "price", "category", "stock", "image_url", "featured",
                              "created_at", "updated_at")}


def money(cents):
    return cents / 100


def time_text(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def product_view(doc):
    return {
        "id": str(doc["_id"]), "name": doc["name"], "description": doc["description"], "price": money(doc["price"]),
        "currency": CURRENCY, "category": doc["category"], "stock": doc["stock"], "image_url": doc["image_url"],
        "featured": doc["featured"], "created_at": time_text(doc["created_at"]),
        "updated_at": time_text(doc["updated_at"]),
    }


def words_of(text):
    """NFKD, folded, without marks, split at what is no letter or digit."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(" " if not c.isalnum() else c for c in folded if not unicodedata.category(c).startswith("M"))
    return list(dict.fromkeys(plain.split()))


def encode_cursor(sort, text, number, doc):
    raw = orjson.dumps([sort, text, number, str(doc["_id"])])
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(cursor, sort):
    """ValueError for what this list did not give out."""
    found = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    if not (isinstance(found, list) and len(found) == 4 and found[0] == sort and isinstance(found[2], int)
            and ObjectId.is_valid(found[3])):
        raise ValueError("another list's cursor")
    return found


def microseconds(time):
    return int(time.timestamp() * 1000) * 1000


def page(docs, limit, cursor_of):
    more = len(docs) > limit
    docs = docs[:limit]
    return {"items": [product_view(doc) for doc in docs], "next_cursor": cursor_of(docs[-1]) if more else None}


def newest(products, limit, cursor, **conditions):
    sort = "-created_at"
    query = {"deleted_at": None, **conditions}
    if cursor:
        _, _, number, ident = decode_cursor(cursor, sort)
        query["by_created"] = {"$lt": "%016x%s" % (number // 1000, ident)}
    docs = list(products.find(query, SHOWN).sort("by_created", -1).limit(limit + 1))
    return page(docs, limit, lambda doc: encode_cursor(sort, None, microseconds(doc["created_at"]), doc))


def search(products, text, limit, cursor):
    """Products with every word in their name first, then the others; each by name."""
    words = words_of(text)
    after, rank = None, 0
    if not words:
        return {"items": [], "next_cursor": None}
    if cursor:
        _, folded, rank, ident = decode_cursor(cursor, "relevance")
        after = {"$gt": "%s\x01%s" % (folded, ident)}
    shown = dict(SHOWN, by_name=1)
    docs, titles = [], 0
    if rank == 0:
        query = {"deleted_at": None, "name_words": {"$all": words}}
        if after:
            query["by_name"] = after
        docs = list(products.find(query, shown).sort("by_name", 1).limit(limit + 1).hint("title_name"))
        titles, after = len(docs), None
    if len(docs) <= limit:
        query = {"deleted_at": None, "words": {"$all": words}, "$nor": [{"name_words": {"$all": words}}]}
        if after:
            query["by_name"] = after
        docs += products.find(query, shown).sort("by_name", 1).limit(limit + 1 - len(docs)).hint("words_name")

    def cursor_of(doc):
        return encode_cursor("relevance", doc["by_name"].split("\x01")[0], 0 if limit - 1 < titles else 1, doc)

    return page(docs, limit, cursor_of)
