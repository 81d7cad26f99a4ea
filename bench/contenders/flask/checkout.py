# SPDX-License-Identifier: MIT
"""Cart and order. An order is claimed by unique indexes, stock is taken by conditional updates and given back when
one line is short. Nothing is left for a sweeper: a process that dies between the steps leaves its claim."""
import secrets
from datetime import datetime, timezone

import orjson
from bson import ObjectId
from bson.int64 import Int64
from pymongo.errors import DuplicateKeyError

from catalogue import CURRENCY, SHOWN, money, time_text

QUANTITY_MAX = 10000
LINES_MAX = 100
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Refused(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


def now():
    return datetime.now(timezone.utc)


def products_of(db, ids):
    found = db.products.find({"_id": {"$in": ids}, "deleted_at": None}, SHOWN, hint="_id_")
    return {doc["_id"]: doc for doc in found}


def read_cart(db, user):
    return db.carts.find_one({"_id": user}) or {"lines": [], "gen": 0, "updated_at": None}


def cart_view(cart, products):
    items = []
    for line in cart["lines"]:
        product = products.get(line["product"])
        if product:
            items.append({
                "product_id": str(product["_id"]), "name": product["name"], "price": money(product["price"]),
                "quantity": line["q"], "line_total": money(product["price"] * line["q"]),
                "available": product["stock"],
            })
    total = sum(products[line["product"]]["price"] * line["q"] for line in cart["lines"] if line["product"] in products)
    return {"items": items, "item_count": sum(item["quantity"] for item in items), "total": money(total),
            "currency": CURRENCY, "updated_at": time_text(cart["updated_at"])}


def show_cart(db, user):
    cart = read_cart(db, user)
    return cart_view(cart, products_of(db, [line["product"] for line in cart["lines"]]))


def add_to_cart(db, user, product_id, quantity):
    cart = read_cart(db, user)
    products = products_of(db, [line["product"] for line in cart["lines"]] + [product_id])
    product = products.get(product_id)
    if not product:
        raise Refused(404, "not_found")
    held = sum(line["q"] for line in cart["lines"] if line["product"] == product_id)
    if held + quantity > QUANTITY_MAX:
        raise Refused(422, "validation_failed")
    if held + quantity > product["stock"]:
        raise Refused(409, "out_of_stock")
    for _ in range(20):
        if put_line(db, user, product_id, quantity):
            cart = read_cart(db, user)
            missing = [line["product"] for line in cart["lines"] if line["product"] not in products]
            if missing:
                products.update(products_of(db, missing))
            return cart_view(cart, products)
    raise Refused(409, "conflict")


def put_line(db, user, product_id, quantity):
    touch = {"$set": {"updated_at": now()}}
    fits = {"$elemMatch": {"product": product_id, "q": {"$lte": QUANTITY_MAX - quantity}}}
    done = db.carts.update_one({"_id": user, "lines": fits},
                               {**touch, "$inc": {"rev": Int64(1), "lines.$.q": Int64(quantity)}})
    if done.matched_count:
        return True
    try:
        db.carts.update_one(
            {"_id": user, "lines.product": {"$ne": product_id}, "lines.%d" % (LINES_MAX - 1): {"$exists": False}},
            {**touch, "$inc": {"rev": Int64(1)}, "$setOnInsert": {"gen": Int64(0)},
             "$push": {"lines": {"product": product_id, "q": Int64(quantity)}}}, upsert=True)
        return True
    except DuplicateKeyError:  # the line appeared meanwhile, or is full
        return False


def order_view(order):
    return {
        "id": str(order["_id"]), "number": order["number"], "status": order["status"],
        "items": [{"product_id": str(i["product"]), "name": i["name"], "price": money(i["price"]),
                   "quantity": i["quantity"], "line_total": money(i["total"])} for i in order["items"]],
        "subtotal": money(order["subtotal"]), "discount": money(order["discount"]), "total": money(order["total"]),
        "refunded": money(order["refunded"]), "refundable": money(0), "currency": order["currency"], "coupon_code": None,
        "shipping_address": order["address"], "payment_method": order["payment_method"],
        "history": [{"status": h["status"], "at": time_text(h["at"]), "by": h["by"]} for h in order["history"]],
        "next_statuses": ["paid", "cancelled"], "created_at": time_text(order["created_at"]),
        "updated_at": time_text(order["updated_at"]),
    }


def new_order(user, cart, items, body, key, fingerprint):
    ident, total = ObjectId(), sum(item["total"] for item in items)
    number = "".join(secrets.choice(DIGITS) for _ in range(8))
    return {
        "_id": ident, "user": user, "number": "SH-%s-%s" % (number[:4], number[4:]), "status": "placing",
        "rev": Int64(0), "items": items, "subtotal": Int64(total), "discount": Int64(0), "total": Int64(total),
        "refunded": Int64(0), "currency": CURRENCY, "address": body["shipping_address"],
        "payment_method": body["payment_method"],
        "history": [], "claimed_at": now(), "updated_at": now(), "cart_gen": Int64(cart["gen"]),
        "cart_slot": "g:%d" % cart["gen"], "key_slot": "k:" + key if key else "o:%s" % ident, "fp": fingerprint,
        "returned": [],
    }


def replay(db, user, key, fingerprint):
    """The stored answer of a known key, or None."""
    known = db.orders.find_one({"user": user, "key_slot": "k:" + key}) if key else None
    if not known:
        return None
    if known["fp"] != fingerprint:
        raise Refused(422, "idempotency_mismatch")
    if not known.get("reply"):
        raise Refused(409, "idempotency_in_progress")
    return known["reply"]


def take(db, item):
    return db.products.update_one(
        {"_id": item["product"], "deleted_at": None, "price": item["price"], "stock": {"$gte": item["quantity"]}},
        {"$inc": {"stock": -item["quantity"]}}).matched_count == 1


def undo(db, order, taken):
    for item in taken:
        db.products.update_one({"_id": item["product"]}, {"$inc": {"stock": item["quantity"]}})
    own = "o:%s" % order["_id"]
    db.orders.update_one({"_id": order["_id"]}, {"$set": {"status": "failed", "cart_slot": own, "key_slot": own}})


def priced(db, cart):
    if not cart["lines"]:
        raise Refused(409, "cart_empty")
    products = products_of(db, [line["product"] for line in cart["lines"]])
    items = []
    for line in sorted(cart["lines"], key=lambda line: line["product"]):
        product = products.get(line["product"])
        if product:
            if product["stock"] < line["q"]:
                raise Refused(409, "out_of_stock")
            items.append({"product": product["_id"], "name": product["name"], "price": Int64(product["price"]),
                          "quantity": Int64(line["q"]), "total": Int64(product["price"] * line["q"]),
                          "discount": Int64(0)})
    return items


def place_order(db, user, body, key, fingerprint):
    """(answer bytes, True when it is a repetition, products taken)"""
    stored = replay(db, user, key, fingerprint)
    if stored:
        return stored, True, []
    cart = read_cart(db, user)
    order = new_order(user, cart, priced(db, cart), body, key, fingerprint)
    try:
        db.orders.insert_one(order)
    except DuplicateKeyError:
        stored = replay(db, user, key, fingerprint)
        if stored:
            return stored, True, []
        raise Refused(409, "order_in_progress") from None
    taken = []
    for item in order["items"]:
        if not take(db, item):
            undo(db, order, taken)
            raise Refused(409, "out_of_stock")
        taken.append(item)
    at = now()
    order.update(status="pending", created_at=at, updated_at=at,
                 history=[{"status": "pending", "at": at, "by": str(user)}])
    reply = orjson.dumps(order_view(order))
    db.orders.update_one({"_id": order["_id"], "status": "placing"},
                         {"$set": {"status": "pending", "rev": Int64(1), "created_at": at, "updated_at": at,
                                   "history": order["history"], "reply": reply}})
    ids = [item["product"] for item in order["items"]]
    db.carts.update_one({"_id": user, "gen": cart["gen"]},
                        {"$inc": {"gen": Int64(1), "rev": Int64(1)}, "$set": {"updated_at": at},
                         "$pull": {"lines": {"product": {"$in": ids}}}})
    return reply, False, ids
