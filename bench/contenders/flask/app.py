# SPDX-License-Identifier: MIT
"""The benchmarked subset of the shop's API in Flask, over the same collections and the same Redis."""
import hashlib
import os
import secrets
import time
from datetime import datetime, timedelta, timezone

import jwt
import orjson
import redis
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from bson import ObjectId
from bson.errors import InvalidId
from flask import Flask, Response, g, request
from pymongo import MongoClient

import catalogue
import checkout
from checkout import Refused

PREFIX = os.environ["PREFIX"]
KEY = os.environ["JWT_KEY"]
LIMIT = int(os.environ["RATE_LIMIT"])
CACHE_S = 60
ACCESS_S, REFRESH_S, ABSOLUTE_S = 15 * 60, 7 * 86400, 30 * 86400
ADDRESS = ("street", "city", "state", "country", "zip_code")
METHODS = ("credit_card", "debit_card", "paypal", "bank_transfer", "cash_on_delivery")

app = Flask(__name__)
db = MongoClient(os.environ["MONGO_URI"], maxPoolSize=32, tz_aware=True).get_default_database()
cache = redis.Redis(host="127.0.0.1", port=int(os.environ["REDIS_PORT"]), max_connections=64)
hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=16)
NOBODY = hasher.hash(secrets.token_hex(16))  # verified for unknown accounts, so that they cost the same


def answer(body, status=200):
    return Response(body if isinstance(body, bytes) else orjson.dumps(body), status, mimetype="application/json")


@app.errorhandler(Refused)
def refuse(error):
    response = answer({"code": error.code, "status": error.status}, error.status)
    response.mimetype = "application/problem+json"
    return response


def counted(*commands):
    """One trip to Redis: the rate limit, and what else is wanted."""
    name = "%srate:%s:%d" % (PREFIX, request.remote_addr, time.time() // 60)
    pipe = cache.pipeline(transaction=False)
    pipe.incr(name)
    pipe.expire(name, 60)
    for command in commands:
        pipe.execute_command(*command)
    hits, _, *others = pipe.execute()
    if hits > LIMIT:
        raise Refused(429, "rate_limited")
    g.left = LIMIT - hits
    return others


@app.after_request
def show_limit(response):
    if "left" in g:
        response.headers["X-RateLimit-Limit"] = str(LIMIT)
        response.headers["X-RateLimit-Remaining"] = str(g.left)
    return response


def cached(key, make):
    """Cache-aside."""
    (body,) = counted(("GET", PREFIX + key))
    if body is None:
        body = orjson.dumps(make())
        cache.set(PREFIX + key, body, ex=CACHE_S)
    return answer(body)


def page_of_request():
    try:
        limit = int(request.args.get("limit", catalogue.PAGE))
    except ValueError:
        raise Refused(422, "validation_failed") from None
    if not 1 <= limit <= 100:
        raise Refused(422, "validation_failed")
    return limit, request.args.get("cursor", "")


def object_id(text, status=422, code="validation_failed"):
    try:
        return ObjectId(text)
    except (InvalidId, TypeError):
        raise Refused(status, code) from None


def caller():
    """Id of the signed-in user; one trip to Redis for the limit and the list of ended sessions."""
    header = request.headers.get("Authorization", "")
    if not header.startswith("Bearer "):
        raise Refused(401, "token_missing")
    try:
        claims = jwt.decode(header[7:], KEY, algorithms=["HS256"], audience="shop", issuer="mod_shop", leeway=30,
                            options={"require": ["exp", "iat", "nbf", "sub", "sid"]})
    except jwt.InvalidTokenError:
        raise Refused(401, "token_invalid") from None
    if claims.get("use") != "access":
        raise Refused(401, "token_invalid")
    (ended,) = counted(("EXISTS", PREFIX + "ended:" + claims["sid"]))
    if ended:
        raise Refused(401, "token_revoked")
    return ObjectId(claims["sub"])


def json_body():
    try:
        body = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        raise Refused(400, "json_invalid") from None
    if not isinstance(body, dict):
        raise Refused(400, "json_invalid")
    return body


@app.get("/health")
def health():
    return answer({"status": "ok"})


@app.get("/api/products")
def list_products():
    limit, cursor = page_of_request()
    text = request.args.get("q")
    try:
        if text is not None:
            key = "search:%d:%s:%s" % (limit, cursor, " ".join(catalogue.words_of(text)))
            return cached(key, lambda: catalogue.search(db.products, text, limit, cursor))
        return cached("list:%d:%s" % (limit, cursor), lambda: catalogue.newest(db.products, limit, cursor))
    except ValueError:
        raise Refused(422, "validation_failed") from None


@app.get("/api/products/featured")
def list_featured():
    limit, cursor = page_of_request()
    try:
        return cached("featured:%d:%s" % (limit, cursor),
                      lambda: catalogue.newest(db.products, limit, cursor, featured=True))
    except ValueError:
        raise Refused(422, "validation_failed") from None


@app.get("/api/products/<ident>")
def show_product(ident):
    product_id = object_id(ident, 404, "not_found")

    def make():
        doc = db.products.find_one({"_id": product_id, "deleted_at": None}, catalogue.SHOWN)
        if not doc:
            raise Refused(404, "not_found")
        return catalogue.product_view(doc)

    return cached("product:%s" % product_id, make)


@app.get("/api/cart")
def show_cart():
    return answer(checkout.show_cart(db, caller()))


@app.post("/api/cart")
def add_to_cart():
    user, body = caller(), json_body()
    quantity = body.get("quantity")
    if type(quantity) is not int or not 1 <= quantity <= checkout.QUANTITY_MAX:
        raise Refused(422, "validation_failed")
    return answer(checkout.add_to_cart(db, user, object_id(body.get("product_id")), quantity))


@app.post("/api/orders")
def place_order():
    user, body = caller(), json_body()
    address = body.get("shipping_address")
    if (not isinstance(address, dict) or any(not isinstance(address.get(name), str) for name in ADDRESS)
            or body.get("payment_method") not in METHODS):
        raise Refused(422, "validation_failed")
    fingerprint = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    reply, replayed, taken = checkout.place_order(db, user, body, request.headers.get("Idempotency-Key"), fingerprint)
    if taken:
        cache.delete(*(PREFIX + "product:%s" % product for product in taken))
    response = answer(reply, 201)
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def sign(user, session, use, lifetime, **more):
    at = int(time.time())
    claims = {"iss": "mod_shop", "aud": "shop" if use == "access" else "shop/refresh", "use": use,
              "sub": str(user["_id"]), "sid": session, "jti": secrets.token_urlsafe(16), "iat": at, "nbf": at,
              "exp": at + lifetime, **more}
    return jwt.encode(claims, KEY, algorithm="HS256", headers={"kid": "bench"})


@app.post("/api/auth/login")
def login():
    body = json_body()
    email, password = body.get("email"), body.get("password")
    if not isinstance(email, str) or not isinstance(password, str):
        raise Refused(422, "validation_failed")
    failures = PREFIX + "failed:" + email.casefold()
    (failed,) = counted(("GET", failures))
    if failed and int(failed) >= LIMIT:
        raise Refused(429, "rate_limited")
    user = db.users.find_one({"email_key": email.casefold()})
    try:
        hasher.verify(user["password_hash"] if user else NOBODY, password)
    except Argon2Error:
        user = None
    if not user or user["disabled"]:
        cache.pipeline(transaction=False).incr(failures).expire(failures, 900).execute()
        raise Refused(401, "invalid_credentials")
    session, refresh_id, at = secrets.token_urlsafe(16), secrets.token_urlsafe(16), datetime.now(timezone.utc)
    db.sessions.insert_one({
        "_id": session, "user_id": user["_id"], "role": user["role"],
        "current": hashlib.sha256(refresh_id.encode()).hexdigest(), "created_at": at,
        "expires_at": at + timedelta(seconds=REFRESH_S), "absolute_at": at + timedelta(seconds=ABSOLUTE_S),
        "revoked": False})
    return answer({
        "access_token": sign(user, session, "access", ACCESS_S, role=user["role"]),
        "refresh_token": sign(user, session, "refresh", REFRESH_S, jti=refresh_id), "token_type": "Bearer",
        "expires_in": ACCESS_S, "refresh_expires_in": REFRESH_S,
        "user": {"id": str(user["_id"]), "username": user["username"], "email": user["email"], "role": user["role"],
                 "email_verified": user["email_verified"], "created_at": catalogue.time_text(user["created_at"]),
                 "updated_at": catalogue.time_text(user["updated_at"])}})
