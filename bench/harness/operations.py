# SPDX-License-Identifier: MIT
"""Every operation of the API, played in one fixed order against one shop."""
import http.client
import json
from urllib.parse import quote

from harness.system import Failed
from harness.workloads import ADDRESS, PASSWORD

NEW_PASSWORD = PASSWORD + " staple"
COUPON = {"code": "TEN", "discount_percent": 10, "usage_limit": 100, "usage_limit_per_user": 50,
          "valid_from": "2026-01-01T00:00:00Z", "valid_until": "2099-01-01T00:00:00Z"}


class Player:
    """Sends the requests. Each one carries its case in the header X-Case, which httpd's log repeats."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, case, method, path, body=None, token=None, key=None, statuses=(200, 201, 204)):
        headers = {"Accept": "application/json", "X-Case": quote(case, safe="?=&+,") or "-"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token:
            headers["Authorization"] = "Bearer " + token
        if key:
            headers["Idempotency-Key"] = key
        self.connection.request(method, "/api" + path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status not in statuses:
            raise Failed("%s: %s %s answered %d: %s" % (case, method, path, answer.status, data[:300]))
        return json.loads(data) if data else None


def accounts(player):
    """(token of a customer)"""
    person = {"username": "player", "email": "player@example.com", "password": PASSWORD}
    player.ask("new", "POST", "/auth/register", person)
    player.ask("the email is taken", "POST", "/auth/register", person, statuses=(409,))
    login = {"email": person["email"], "password": PASSWORD}
    player.ask("wrong password", "POST", "/auth/login", {**login, "password": NEW_PASSWORD}, statuses=(401,))
    pair = player.ask("right password", "POST", "/auth/login", login)
    token = pair["access_token"]
    player.ask("", "GET", "/auth/me", token=token)
    player.ask("without a token", "GET", "/auth/me", statuses=(401,))
    player.ask("", "PATCH", "/auth/me", {"username": "player2"}, token)
    token = player.ask("", "POST", "/auth/refresh", token=pair["refresh_token"])["access_token"]
    player.ask("", "POST", "/auth/me/password",
               {"current_password": PASSWORD, "new_password": NEW_PASSWORD}, token)
    login["password"] = NEW_PASSWORD
    spare = player.ask("to sign out", "POST", "/auth/login", login)["access_token"]
    player.ask("", "POST", "/auth/logout", token=spare)
    return player.ask("to buy", "POST", "/auth/login", login)["access_token"]


def catalogue(player, admin):
    """Identifiers of eight products, the first of them changed and counted."""
    made = []
    for i in range(8):
        body = {"name": "%s lamp %d" % (("red", "blue")[i % 2], i), "price": 5 + i, "stock": 100, "category": "Lamps",
                "featured": i % 3 == 0, "description": "a lamp for reading"}
        made.append(player.ask("", "POST", "/products", body, admin)["id"])
    path = "/products/" + made[0]
    for case in ("first", "again"):
        player.ask(case, "GET", path)
        player.ask(case, "GET", "/categories")
        player.ask(case, "GET", "/products/featured")
        for query in ("", "?q=lamp", "?q=red+lamp&category=Lamps&sort=-price&count=true", "?in_stock=true&limit=2"):
            player.ask(case + query, "GET", "/products" + query)
    player.ask("absent", "GET", "/products/" + "0" * 24, statuses=(404,))
    player.ask("", "PATCH", path, {"price": 4.5}, admin)
    player.ask("", "PUT", path, {"name": "red lamp", "price": 4.25, "category": "Lamps", "stock": 100}, admin)
    player.ask("delta", "POST", path + "/stock", {"delta": 1, "reason": "found"}, admin, key="found")
    player.ask("delta, same key", "POST", path + "/stock", {"delta": 1, "reason": "found"}, admin, key="found")
    player.ask("set", "POST", path + "/stock", {"set": 100, "reason": "counted"}, admin)
    player.ask("", "GET", path + "/stock?count=true", token=admin)
    return made


def coupons(player, admin):
    player.ask("", "POST", "/coupons", COUPON, admin)
    player.ask("to be deleted", "POST", "/coupons", {**COUPON, "code": "GONE"}, admin)
    player.ask("", "GET", "/coupons/TEN", token=admin)
    player.ask("", "PATCH", "/coupons/TEN", {"discount_percent": 11}, admin)
    player.ask("", "GET", "/coupons?count=true", token=admin)
    player.ask("", "DELETE", "/coupons/GONE", token=admin)


def fill(player, buyer, products):
    for n, product in enumerate(products):
        player.ask("line %d" % (n + 1), "POST", "/cart", {"product_id": product, "quantity": 2}, buyer)


def cart(player, buyer, products):
    player.ask("empty", "GET", "/cart", token=buyer)
    player.ask("absent product", "POST", "/cart", {"product_id": "0" * 24, "quantity": 1}, buyer, statuses=(404, 422))
    fill(player, buyer, products[:3])
    player.ask("3 lines", "GET", "/cart", token=buyer)
    player.ask("", "PUT", "/cart/" + products[0], {"quantity": 3}, buyer)
    player.ask("", "DELETE", "/cart/" + products[0], token=buyer)
    player.ask("2 lines", "POST", "/cart/quote", {}, buyer)
    player.ask("2 lines, coupon", "POST", "/cart/quote", {"coupon_code": "TEN"}, buyer)
    player.ask("", "DELETE", "/cart", token=buyer)


def orders(player, admin, buyer, products):
    body = {"shipping_address": ADDRESS, "payment_method": "credit_card"}
    player.ask("empty cart", "POST", "/orders", body, buyer, statuses=(409, 422))
    made = []
    for case, lines, more, key in (("1 line", 1, {}, None), ("3 lines", 3, {}, None), ("8 lines", 8, {}, None),
                                   ("1 line, coupon", 1, {"coupon_code": "TEN"}, None),
                                   ("1 line, coupon, key", 1, {"coupon_code": "TEN"}, "order")):
        fill(player, buyer, products[:lines])
        made.append(player.ask(case, "POST", "/orders", {**body, **more}, buyer, key=key)["id"])
    player.ask("same key", "POST", "/orders", {**body, "coupon_code": "TEN"}, buyer, key="order")
    fill(player, buyer, products[:1])
    player.ask("unknown coupon", "POST", "/orders", {**body, "coupon_code": "NONE"}, buyer, statuses=(404, 409, 422))
    player.ask("another total", "POST", "/orders", {**body, "expected_total": 1}, buyer, statuses=(409,))
    player.ask("before the last order", "DELETE", "/cart", token=buyer)
    player.ask("", "GET", "/orders/" + made[0], token=buyer)
    player.ask("customer", "GET", "/orders?count=true", token=buyer)
    player.ask("admin", "GET", "/orders?count=true", token=admin)
    player.ask("admin, pending", "GET", "/orders?status=pending", token=admin)
    player.ask("1 line", "POST", "/orders/%s/cancel" % made[0], token=buyer)
    player.ask("1 line, coupon", "POST", "/orders/%s/cancel" % made[3], token=buyer)
    path = "/orders/" + made[1]
    player.ask("paid", "PATCH", path, {"status": "paid", "note": "by transfer"}, admin)
    refund = player.ask("part", "POST", path + "/refunds", {"amount": 1, "restock": False}, admin, key="part")
    player.ask("same key", "POST", path + "/refunds", {"amount": 1, "restock": False}, admin, key="part")
    player.ask("", "GET", path + "/refunds", token=admin)
    player.ask("", "GET", "%s/refunds/%s" % (path, refund["id"]), token=admin)
    player.ask("restock", "POST", path + "/refunds", {"amount": 1, "restock": True}, admin)


def play(port, email):
    """All of it. email: of an admin whose password is PASSWORD."""
    player = Player(port)
    admin = player.ask("admin", "POST", "/auth/login", {"email": email, "password": PASSWORD})["access_token"]
    buyer = accounts(player)
    products = catalogue(player, admin)
    coupons(player, admin)
    cart(player, buyer, products)
    orders(player, admin, buyer, products)
    player.ask("", "DELETE", "/products/" + products[-1], token=admin)
    # a build without this operation answers 404; it has no line then
    player.ask("", "GET", "/", statuses=(200, 404))
    for path in ("/health/live", "/health/ready", "/openapi.json"):
        player.ask("", "GET", path)
    player.connection.close()
