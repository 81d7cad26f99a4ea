# SPDX-License-Identifier: MIT
"""Sample data, in exactly the shape in which the module stores it. Runs in the benchmark's own Python environment,
because it needs PyMongo; bench/bin/run calls it:

    load.py catalogue URI PRODUCTS          products, unless they are there; stock of what is ordered is filled up
    load.py customers URI USERS FILE        users, sessions, carts; access tokens into FILE (key: JWT_KEY)
    load.py both URI PRODUCTS USERS FILE    the two above in one go
    load.py refill URI USERS GENERATION [SHAPE]  the first carts full again, as of a generation never used before
    load.py fill URI USERS GENERATION [SHAPE]    the same when no order is being placed
    load.py reset URI USERS GENERATION [SHAPE]   the same, no orders, and the stock as at the beginning
    load.py drained URI PID                 waits until nothing of the orders is left to do; counts, processor time
    load.py same URI URI...                 fails when one of these databases differs from the first in an index
    load.py stale URI URI                   drops the first database when it differs from the second in an index
    load.py drop URI...                     drops the databases
    load.py needed URI                      keeps of the indexes only those that the Go contender needs
    load.py replica URI                     makes the server a replica set of one and waits until it accepts writes
    load.py shape URI ID                    is product ID, made through the API, what this program would write?
    load.py orders URI ID COUNT[,COUNT...]  order ID, placed through the API, so many times: the first count for user 0

The SHAPE of the carts: "200x2" is two lines each of 200 products, "hot60x3" three lines of 60 products, of which the
first is the same in all carts.

Everything is a function of an index, so that every contender's database holds the same documents."""
import json
import os
import random
import sys
import time
from datetime import datetime, timedelta, timezone

import jwt
from argon2 import PasswordHasher
from bson import ObjectId
from bson.int64 import Int64
from pymongo import IndexModel, MongoClient, WriteConcern
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

VERSION = 5  # of what is written; another one is loaded anew
CHECKOUT = 200  # the oldest products: only they are put into carts and ordered
CHECKOUT_STOCK = 2000000000
SHAPE = "%dx2" % CHECKOUT
# The indexes that the Go contender's statements use, and the one that lists a customer's orders
NEEDED = {
    "orders": ({"user": 1, "cart_slot": 1}, {"user": 1, "key_slot": 1}, {"number": 1},
               {"user": 1, "created_at": -1, "_id": -1}),
    "products": ({"deleted_at": 1, "by_created": 1}, {"deleted_at": 1, "featured": 1, "by_created": 1},
                 {"deleted_at": 1, "name_words": 1, "by_name": 1}, {"deleted_at": 1, "words": 1, "by_name": 1}),
    "carts": (),
}
DRAIN_S = 20
GROWN = 250  # documents of a batch where indexes grow with them
PASSWORD = "correct horse battery"
BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)
ADJECTIVES = ("Walnut", "Linen", "Copper", "Folding", "Slate", "Enamel", "Woven", "Quiet", "Alpine", "Compact",
              "Brass", "Cotton", "Striped", "Tall", "Round", "Harbour", "Winter", "Garden", "Travel", "Studio")
KINDS = ("Lamp", "Kettle", "Chair", "Notebook", "Backpack", "Mug", "Blanket", "Clock", "Speaker", "Vase", "Tent",
         "Knife", "Basket", "Mirror", "Teapot", "Scarf", "Puzzle", "Pan", "Planter", "Stool", "Camera", "Lantern",
         "Pillow", "Bottle", "Tray")
CATEGORIES = ("Home", "Kitchen", "Outdoors", "Electronics", "Stationery", "Toys and Games", "Clothing", "Garden")
SENTENCES = ("It was made to be used every day and to look better for it.", "The handle stays cool to the touch.",
             "Packs flat into the cloth bag that comes with it.", "Every seam is stitched twice and taped inside.",
             "Fits the shelf of a small flat and the boot of a small car.", "Wipes clean with a damp cloth.",
             "The makers repair it for as long as they are in business.", "Holds more than one would think.")


def product_id(i):
    return ObjectId("70726f64%016x" % i)


def user_id(i):
    return ObjectId("75736572%016x" % i)


def tokens(text):
    """The module's search words, for the plain ASCII used here."""
    return list(dict.fromkeys("".join(c if c.isalnum() else " " for c in text.lower()).split()))


def name_words(name):
    whole = tokens(name)
    words = list(whole)
    for word in whole:
        for size in range(3, len(word)):
            if word[:size] not in words:
                words.append(word[:size])
    return words[:96]


def milliseconds(when):
    return int(when.timestamp() * 1000)


def product_document(ident, name, description, price, category, stock, image_url, featured, at):
    """Members in the order in which the module inserts them."""
    title = name_words(name)
    words = tokens("%s %s %s" % (name, category, description))[:64]
    return {
        "_id": ident, "name": name, "description": description, "price": Int64(price), "category": category,
        "category_key": category, "image_url": image_url, "featured": featured, "updated_at": at, "rev": Int64(1), "words": words + title,
        "name_words": title, "by_name": "%s\x01%s" % (name.lower()[:64], ident), "by_price": "%016x%s" % (price, ident),
        "by_created": "%016x%s" % (milliseconds(at), ident), "stock": Int64(stock), "opened": Int64(stock),
        "sold_out": stock <= 0, "created_at": at, "deleted_at": None, "holds": [], "backs": [], "back_rev": Int64(0), "moves": [],
        "move_rev": Int64(0),
    }


def product(i):
    pick = random.Random(i)
    name = "%s %s %d" % (pick.choice(ADJECTIVES), pick.choice(KINDS), i)
    return product_document(
        product_id(i), name, " ".join(pick.sample(SENTENCES, 3)), pick.randrange(199, 49999), pick.choice(CATEGORIES),
        CHECKOUT_STOCK if i < CHECKOUT else pick.randrange(1, 500), "/images/%s.svg" % tokens(name)[1], i % 50 == 49,
        BEGAN + timedelta(seconds=i))


def database(uri):
    client = MongoClient(uri, tz_aware=True, retryWrites=False)
    return client.get_default_database()


def insert(collection, documents, batch=2000):
    collection = collection.with_options(write_concern=WriteConcern(w=1, j=False))
    block = []
    for document in documents:
        block.append(document)
        if len(block) == batch:
            collection.insert_many(block, ordered=False)
            block = []
    if block:
        collection.insert_many(block, ordered=False)


def is_mongod(db):
    """MongoDB's own server: only it names how it was built and no other product."""
    info = db.client.admin.command("buildInfo")
    return bool(info.get("buildEnvironment")) and not {"secantusVersion", "ferretdb"} & set(info)


def renew(collection, documents=()):
    """Instead of deleting, which some stores remember for long. In mongod the indexes that `shopctl init` made come
    behind the documents: built at once they are faster than grown. The stand-ins build an index in one transaction,
    which costs them far more than growing it (secantus-py: 9 s instead of 1 s for the words of 1,000 products) and must
    fit their cache (secantus-rs never ends with 16,000): there they come first, and the documents in small batches,
    each a transaction of its own."""
    indexes = [dict(found) for found in collection.list_indexes() if found["name"] != "_id_"]
    collection.drop()
    if is_mongod(collection.database):
        insert(collection, documents)
        make_indexes(collection, indexes)
    else:
        make_indexes(collection, indexes)
        insert(collection, documents, GROWN)


def make_indexes(collection, indexes):
    options = "unique", "sparse", "partialFilterExpression"
    models = [IndexModel(list(index["key"].items()), name=index["name"],
                         **{name: index[name] for name in options if index.get(name)}) for index in indexes]
    if models:
        collection.create_indexes(models)


def fill_stock(db):
    ids = [product_id(i) for i in range(CHECKOUT)]
    db.products.update_many({"_id": {"$in": ids}}, {"$set": {"stock": Int64(CHECKOUT_STOCK), "sold_out": False, "holds": []}})


def load_catalogue(uri, count):
    db = database(uri)
    stamp = {"_id": "bench", "version": VERSION, "products": count}
    if db.meta.find_one({"_id": "bench"}) != stamp:
        began = time.monotonic()
        db.meta.delete_one({"_id": "bench"})
        renew(db.products, (product(i) for i in range(count)))
        db.meta.insert_one(stamp)
        print("%s: %d products in %.0f s" % (db.name, count, time.monotonic() - began), file=sys.stderr)
    fill_stock(db)
    found = db.products.estimated_document_count()
    if found != count:
        sys.exit("%s holds %d products instead of %d" % (db.name, found, count))


def products_of(i, shape):
    """Numbers of the products in cart i."""
    hot = shape.startswith("hot")
    products, lines = (int(part) for part in shape.removeprefix("hot").split("x"))
    if hot:
        return [0] + [1 + (7 * i + 3 * step) % (products - 1) for step in range(lines - 1)]
    return [(7 * i + 3 * step) % products for step in range(lines)]


def cart(i, generation, shape=SHAPE):
    lines = [{"product": product_id(number), "q": Int64(1 + step % 2)}
             for step, number in enumerate(products_of(i, shape))]
    return {"_id": user_id(i), "rev": Int64(1), "gen": Int64(generation), "updated_at": BEGAN, "lines": lines}


def user(i, password_hash):
    name = "bench%06d" % i
    return {"_id": user_id(i), "username": name, "username_key": name, "email": name + "@example.com",
            "email_key": name + "@example.com", "password_hash": password_hash, "role": "user",
            "email_verified": False, "disabled": False, "updated_at": BEGAN, "rev": Int64(1), "created_at": BEGAN}


def session(i, at):
    return {"_id": "bench-session-%06d" % i, "user_id": user_id(i), "role": "user", "current": "0" * 64,
            "created_at": at, "expires_at": at + timedelta(days=7), "absolute_at": at + timedelta(days=30),
            "revoked": False}


def access_token(i, at):
    now = int(at.timestamp())
    claims = {"iss": "mod_shop", "aud": "shop", "use": "access", "sub": str(user_id(i)),
              "sid": "bench-session-%06d" % i, "jti": "bench-%06d" % i, "role": "user", "iat": now, "nbf": now,
              "exp": now + 86400}
    return jwt.encode(claims, os.environ["JWT_KEY"], algorithm="HS256", headers={"kid": "bench"})


def load_customers(uri, count, path):
    db = database(uri)
    at = datetime.now(timezone.utc).replace(microsecond=0)
    # one hash for all: each login computes it anyway
    hashed = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=16).hash(PASSWORD)
    renew(db.users, (user(i, hashed) for i in range(count)))
    renew(db.sessions, (session(i, at) for i in range(count)))
    renew(db.carts, (cart(i, 0) for i in range(count)))
    renew(db.orders)
    with open(path, "w") as f:
        f.writelines(access_token(i, at) + "\n" for i in range(count))


def wait_until_placed(orders, seconds=20):
    """Orders whose client has gone are placed all the same, one after another where a server queues them; each would
    empty a cart that was just filled. What a server left when it ended stays as it is, and nobody waits for it."""
    until, seen = time.monotonic() + seconds, []
    while time.monotonic() < until:
        seen.append((orders.estimated_document_count(), orders.count_documents({"status": "placing"})))
        still = 3 if seen[-1][1] == 0 else 20
        if len(seen) >= still and seen[-still:] == seen[-1:] * still:
            return
        time.sleep(0.3)
    sys.exit("orders are still being placed after %d s" % seconds)


def refill(uri, count, generation, shape=SHAPE):
    db = database(uri)
    wait_until_placed(db.orders)
    fill(uri, count, generation, shape)


def fill(uri, count, generation, shape=SHAPE):
    db = database(uri)
    db.carts.delete_many({"_id": {"$lt": user_id(count)}})
    insert(db.carts, (cart(i, generation, shape) for i in range(count)))
    print(json.dumps(dict(zip(("orders", "begun"), placed(db)))))


def reset(uri, count, generation, shape=SHAPE):
    db = database(uri)
    renew(db.orders)
    fill_stock(db)
    renew(db.carts, (cart(i, generation, shape) for i in range(count)))


def placed(db):
    """(orders that were placed, orders that were begun and not ended)"""
    begun = db.orders.count_documents({"status": {"$in": ["placing", "aborting", "failed"]}})
    return db.orders.estimated_document_count() - begun, begun


def drained(uri, pid):
    """Waits for what is done behind the replies: orders cut off with their clients, holds still to be dropped. The
    server's processor time is read in that moment. What is asked until then is little, for it is counted too."""
    db = database(uri)
    began, seen = time.monotonic(), []
    ids = [product_id(i) for i in range(CHECKOUT)]
    while time.monotonic() - began < DRAIN_S:
        holds = db.products.count_documents({"_id": {"$in": ids}, "holds.0": {"$exists": True}})
        seen.append((db.orders.estimated_document_count(), holds))
        still = 4 if holds == 0 else 15
        if len(seen) >= still and seen[-still:] == seen[-1:] * still:
            break
        time.sleep(0.2)
    with open("/proc/%s/stat" % pid) as f:
        times = f.read().rpartition(")")[2].split()[11:13]
    orders, begun = placed(db)
    print(json.dumps({"orders": orders, "left": seen[-1][1], "begun": begun,
                      "cpu_s": sum(map(int, times)) / os.sysconf("SC_CLK_TCK")}))


# -- indexes, the replica set ------------------------------------------------------------------------------------------

def indexes_of(db):
    """{collection: {index: its settings}}"""
    return {name: {index["name"]: {key: value for key, value in index.items() if key not in ("v", "ns", "name")}
                   for index in map(dict, db[name].list_indexes())}
            for name in sorted(db.list_collection_names())}


def index_differences(uri, other):
    mine, theirs = indexes_of(database(uri)), indexes_of(database(other))
    for name in sorted(set(mine) | set(theirs)):
        one, two = mine.get(name, {}), theirs.get(name, {})
        for index in sorted(set(one) | set(two)):
            # an index without a collection in one database: that collection was never written to
            if one.get(index) != two.get(index) and name in theirs:
                yield "%s.%s" % (name, index)


def same(uri, *others):
    for other in others:
        found = list(index_differences(other, uri))
        if found:
            sys.exit("indexes of %s differ: %s" % (other, ", ".join(found)))
    print(json.dumps({name: len(indexes) for name, indexes in indexes_of(database(uri)).items()}))


def drop(*uris):
    for db in map(database, uris):
        db.client.drop_database(db.name)


def stale(uri, other):
    if any(index_differences(uri, other)):
        drop(uri)


def needed(uri):
    db = database(uri)
    for name, wanted in NEEDED.items():
        for index in db[name].list_indexes():
            if index["name"] != "_id_" and dict(index["key"]) not in wanted:
                db[name].drop_index(index["name"])


def replica(uri):
    host = "%s:%d" % parse_uri(uri)["nodelist"][0]
    client = MongoClient(host, directConnection=True, serverSelectionTimeoutMS=30000)
    client.admin.command({"replSetInitiate": {"_id": "bench", "members": [{"_id": 0, "host": host}]}})
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if client.admin.command("hello").get("isWritablePrimary"):
                return
        except PyMongoError:
            pass
        time.sleep(0.1)
    sys.exit("the replica set has no primary after 60 s")


def orders_like(placed, i, count, at):
    """The order that the shop wrote, as if customer i had placed it so many times, one a second."""
    for n in range(count):
        ident = ObjectId("6f72%04x%016x" % (i, n))
        number = "BENCH-%d-%d" % (i, n)
        reply = bytes(placed["reply"]).replace(str(placed["_id"]).encode(), str(ident).encode())
        when = at + timedelta(seconds=n)
        yield {**placed, "_id": ident, "user": user_id(i), "number": number, "claimed_at": when, "updated_at": when,
               "created_at": when, "cart_gen": Int64(n), "cart_slot": "g:%d" % n, "key_slot": "o:%s" % ident,
               "reply": reply.replace(placed["number"].encode(), number.encode()),
               "history": [{**event, "at": when} for event in placed["history"]],
               "outbox": [{**mail, "at": when} for mail in placed.get("outbox", [])]}


def load_orders(uri, ident, counts):
    db = database(uri)
    placed = db.orders.find_one({"_id": ObjectId(ident)})
    if not placed or placed["status"] != "pending" or "unfinished" in placed:
        sys.exit("order %s is not finished: %s" % (ident, placed))
    renew(db.orders, (order for i, count in enumerate(counts) for order in orders_like(placed, i, count, BEGAN)))


def differences(found, wanted):
    if list(found) != list(wanted):
        yield "members %s instead of %s" % (list(found), list(wanted))
    for name in wanted:
        if name not in found or type(found[name]) is not type(wanted[name]) or found[name] != wanted[name]:
            yield "%s: %r instead of %r" % (name, found.get(name), wanted[name])


def check_shape(uri, ident):
    """The API made this product; would we have written the same document?"""
    found = database(uri).products.find_one({"_id": ObjectId(ident)})
    if not found:
        sys.exit("product %s is not in the store" % ident)
    wanted = product_document(found["_id"], found["name"], found["description"], found["price"], found["category"],
                              found["stock"], found["image_url"], found["featured"], found["created_at"])
    wrong = list(differences(found, wanted))
    if wrong:
        sys.exit("the loader's documents are not the module's: " + "; ".join(wrong))
    database(uri).products.delete_one({"_id": found["_id"]})


VERBS = {"drained": drained, "same": same, "stale": stale, "drop": drop, "needed": needed, "replica": replica}


def main(argv):
    verb, uri, *rest = argv
    if verb == "catalogue":
        load_catalogue(uri, int(rest[0]))
    elif verb == "customers":
        load_customers(uri, int(rest[0]), rest[1])
    elif verb == "both":
        load_catalogue(uri, int(rest[0]))
        load_customers(uri, int(rest[1]), rest[2])
    elif verb in ("refill", "fill"):
        (refill if verb == "refill" else fill)(uri, int(rest[0]), int(rest[1]), *rest[2:])
    elif verb == "reset":
        reset(uri, int(rest[0]), int(rest[1]), *rest[2:])
    elif verb in VERBS:
        VERBS[verb](uri, *rest)
    elif verb == "orders":
        load_orders(uri, rest[0], [int(part) for part in rest[1].split(",")])
    elif verb == "shape":
        check_shape(uri, rest[0])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
