# SPDX-License-Identifier: MIT
"""What is asked, and how the answers are compared before anything is timed."""
import json
import os
import random
import time

from harness.system import Failed
from harness.world import reply

ADDRESS = {"street": "1 Quay Road", "city": "Harwich", "state": "Essex", "country": "United Kingdom",
           "zip_code": "CO12 3HH"}
ORDER = {"shipping_address": ADDRESS, "payment_method": "credit_card"}
NOT_COMPARED = ("mod_shop_open", "mod_shop_old", "bare")  # an older build may answer otherwise
COMPARING = 8  # the first customers compare answers, which empties carts
PASSWORD = "correct horse battery"
SEARCH = "lamp"
PRODUCTS = 200  # that are put into carts; as in load.py
RANDOM_PRODUCTS = 20000
CACHED = ("product", "list", "search", "featured")
TITLES = {"product": "GET /api/products/{id}", "list": "GET /api/products", "search": "GET /api/products?q=" + SEARCH,
          "featured": "GET /api/products/featured", "random": "GET /api/products/{id}, any of the catalogue",
          "cart": "GET /api/cart", "cart_add": "POST /api/cart", "order": "POST /api/orders",
          "login": "POST /api/auth/login"}
# members that differ by their nature
MASKED = {"id", "number", "created_at", "updated_at", "at", "access_token", "refresh_token"}


def product_id(i):
    return "70726f64%016x" % i


def catalogue_path(name, products):
    return {"product": "/api/products/" + product_id(products - 1), "list": "/api/products",
            "search": "/api/products?q=" + SEARCH, "featured": "/api/products/featured"}.get(name)


class Workload:
    """One kind of request: what wrk is told."""

    def __init__(self, name, world):
        self.name, self.title = name, TITLES[name]
        self.once = name == "order"
        self.environment, self.path = {}, catalogue_path(name, world.options.products)
        tokens = {"BENCH_TOKENS": world.tokens()}
        if name == "random":
            self.path = "/"
            self.environment = {"BENCH_PATHS": self.paths_file(world)}
        elif name == "cart":
            self.path, self.environment = "/api/cart", tokens
        elif name == "cart_add":
            self.path = "/api/cart"
            self.environment = {**tokens, "BENCH_BODIES": self.adds_file(world)}
        elif name == "order":
            self.path = "/api/orders"
            self.environment = {**tokens, "BENCH_BODY": json.dumps(ORDER), "BENCH_ONCE": "1"}
        elif name == "login":
            self.path = "/api/auth/login"
            self.environment = {"BENCH_BODIES": self.logins_file(world)}

    @staticmethod
    def write(world, name, lines):
        path = os.path.join(world.folder, name)
        with open(path, "w") as f:
            f.writelines(line + "\n" for line in lines)
        return path

    def paths_file(self, world):
        pick = random.Random(1)
        count = world.options.products
        return self.write(world, "paths", ("/api/products/" + product_id(pick.randrange(count))
                                           for _ in range(min(RANDOM_PRODUCTS, count))))

    def adds_file(self, world):
        products = getattr(world.options, "checkout", PRODUCTS)
        return self.write(world, "adds", (json.dumps({"product_id": product_id(7 * i % products), "quantity": 1})
                                          for i in range(world.options.users)))

    def logins_file(self, world):
        return self.write(world, "logins", (json.dumps({"email": "bench%06d@example.com" % i, "password": PASSWORD})
                                            for i in range(min(world.options.users, 200))))

    def target(self, contender):
        """(address, environment of wrk) for this contender."""
        if contender.static:
            return "http://127.0.0.1:%d/%s.json" % (contender.port, self.name), {}
        return "http://127.0.0.1:%d%s" % (contender.port, self.path), self.environment


class Asked(Workload):
    """A request of one's own: its path, what wrk is told besides, and the same as headers."""

    def __init__(self, name, path="/", environment=None, headers=None):
        self.name, self.title, self.once, self.path = name, name, False, path
        self.environment, self.headers = environment or {}, headers or {}


# -- comparing ---------------------------------------------------------------------------------------------------------

def masked(value):
    if isinstance(value, dict):
        return {k: "(%s)" % type(v).__name__ if k in MASKED else masked(v) for k, v in value.items()}
    return [masked(v) for v in value] if isinstance(value, list) else value


def first_difference(a, b, where=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for key in list(a) + [k for k in b if k not in a]:
            if key not in a or key not in b:
                return "%s/%s is only in one" % (where, key)
            found = first_difference(a[key], b[key], "%s/%s" % (where, key))
            if found:
                return found
        return None
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return next(filter(None, (first_difference(x, y, "%s/%d" % (where, i))
                                  for i, (x, y) in enumerate(zip(a, b)))), None)
    return None if a == b else "%s: %r and %r" % (where, a, b)


def bearer(world, i):
    with open(world.tokens()) as f:
        for n, line in enumerate(f):
            if n == i:
                return {"Authorization": "Bearer " + line.strip()}
    raise Failed("there are fewer than %d customers" % (i + 1))


def cases(world):
    """name, method, path, body, headers, exact; in an order in which each finds what it needs."""
    products = world.options.products
    one, other = bearer(world, 1), bearer(world, 2)
    for name in CACHED:
        for turn in ("", " again"):  # out of the store, out of the cache
            yield name + turn, "GET", catalogue_path(name, products), None, {}, True
    yield "list of 5", "GET", "/api/products?limit=5", None, {}, True
    yield "search in descriptions", "GET", "/api/products?q=garden%20cloth", None, {}, True
    yield "search, few", "GET", "/api/products?q=%C3%89n%C3%A1mel%20ke&limit=3", None, {}, True
    yield "no such product", "GET", "/api/products/" + "0" * 24, None, {}, False
    yield "no product's name", "GET", "/api/products/x-1", None, {}, False
    yield "cart", "GET", "/api/cart", None, one, True
    yield "cart without a token", "GET", "/api/cart", None, {}, False
    spoilt = {"Authorization": one["Authorization"][:-4] + "AAAA"}
    yield "cart with a bad token", "GET", "/api/cart", None, spoilt, False
    add = {"product_id": product_id(9), "quantity": 2}
    yield "a new line", "POST", "/api/cart", add, one, False
    yield "more of it", "POST", "/api/cart", add, one, False
    yield "too much of it", "POST", "/api/cart", {**add, "quantity": 10000}, one, False
    rare = {"product_id": product_id(products - 1), "quantity": 600}
    yield "more than there is", "POST", "/api/cart", rare, one, False
    yield "none of it", "POST", "/api/cart", {**add, "quantity": 0}, one, False
    yield "no JSON", "POST", "/api/cart", b"{", one, False
    key = {"Idempotency-Key": "bench-1"}
    yield "order", "POST", "/api/orders", ORDER, {**one, **key}, False
    yield "the same order", "POST", "/api/orders", ORDER, {**one, **key}, False
    by_paypal = {**ORDER, "payment_method": "paypal"}
    yield "another order with its key", "POST", "/api/orders", by_paypal, {**one, **key}, False
    yield "an empty cart's order", "POST", "/api/orders", ORDER, one, False
    yield "an order without address", "POST", "/api/orders", {"payment_method": "paypal"}, other, False
    yield "cart after the order", "GET", "/api/cart", None, one, False
    yield "stock after the order", "GET", "/api/products/" + product_id(9), None, {}, True
    login = {"email": "Bench000003@example.com", "password": PASSWORD}
    yield "login", "POST", "/api/auth/login", login, {}, False
    yield "login with a wrong password", "POST", "/api/auth/login", {**login, "password": "something else"}, {}, False
    yield "login of nobody", "POST", "/api/auth/login", {**login, "email": "nobody@example.com"}, {}, False


def ask(contender, case):
    name, method, path, body, headers, exact = case
    status, found, data = reply(contender.port, path, method, body, headers)
    kind = (found.get("Content-Type") or "").partition(";")[0]
    if status >= 400:
        return status, kind, None
    try:
        value = json.loads(data)
    except ValueError:
        raise Failed("%s answered %s with no JSON: %r" % (contender.name, name, data[:200])) from None
    return status, kind, value if exact else masked(value)


def pages(contender, count=3):
    """Identifiers over several pages, following the cursor."""
    for query in ("limit=7", "limit=2&q=lamp", "limit=2&q=cloth"):
        cursor, seen = "", []
        for _ in range(count):
            _, _, data = reply(contender.port, "/api/products?%s%s" % (query, cursor and "&cursor=" + cursor))
            page = json.loads(data)
            seen += [item["id"] for item in page.get("items", [])]
            cursor = page.get("next_cursor")
            if not cursor:
                break
        yield query, seen


def compare(world):
    """Failed at the first answer that is not the reference's; returns the number of comparisons."""
    judged = 0
    for contender in [c for c in world.contenders if not c.static and c.name not in NOT_COMPARED]:
        world.reset(contender)
        answers = [(case[0], ask(contender, case)) for case in cases(world)] + list(pages(contender))
        world.ordered[contender.database] = COMPARING
        if contender.name == "mod_shop":
            reference = answers
            empty = [query for query, seen in answers[-3:] if len(seen) < 6]
            if empty or any(answer[0] >= 500 for _, answer in answers[:-3]):
                raise Failed("the reference itself answers wrongly: %r" % (empty or answers[:-3]))
            continue
        for (name, wanted), (_, found) in zip(reference, answers):
            judged += 1
            if wanted != found:
                raise Failed("%s differs from mod_shop in '%s': %s" % (
                    contender.name, name, first_difference(list(wanted), list(found)) or (wanted, found)))
    return judged


def write_static(world):
    """The reference's bytes as files, and that mod_cache serves them from its cache."""
    shop = world.named("mod_shop")
    world.reset(shop)
    one = bearer(world, 5)
    asked = {name: ("GET", catalogue_path(name, world.options.products), None, {})
             for name in ("product", "list", "search", "featured")}
    asked["random"] = asked["product"]
    asked["cart"] = "GET", "/api/cart", None, one
    asked["cart_add"] = "POST", "/api/cart", {"product_id": product_id(35), "quantity": 1}, one
    asked["order"] = "POST", "/api/orders", ORDER, one
    asked["login"] = "POST", "/api/auth/login", {"email": "bench000005@example.com", "password": PASSWORD}, {}
    sizes = {}
    world.ordered[shop.database] = COMPARING
    for name, (method, path, body, headers) in asked.items():
        status, _, data = reply(shop.port, path, method, body, headers)
        if status >= 400:
            raise Failed("mod_shop answered %s with %d: %s" % (path, status, data[:300]))
        place = os.path.join(world.static_files, name + ".json")
        with open(place, "wb") as f:
            f.write(data)
        # a file of this very second has a weak tag and may not be cached
        os.utime(place, (time.time() - 3600,) * 2)
        sizes[name] = len(data)
        for contender in (world.named("static"), world.named("mod_cache")):
            for _ in range(2):
                _, found, same = reply(contender.port, "/%s.json" % name)
            if same != data:
                raise Failed("%s does not serve the bytes of %s" % (contender.name, name))
            if contender.name == "mod_cache" and "Age" not in found:
                raise Failed("mod_cache does not cache: %s" % found)
    return sizes
