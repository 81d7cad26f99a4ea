# SPDX-License-Identifier: MIT
"""Drives the shop's first page in headless Chromium.

    SHOP_URL=http://127.0.0.1:8080 python3 -m unittest tests/page/test_page.py

The shop must hold the sample catalogue (scripts/load-sample). Needs chromium
and chromedriver (Debian: chromium, chromium-driver; CHROMIUM and CHROMEDRIVER
name others) and Python's standard library. With PAGE_SHOTS=<folder> pictures
of the page are left there. A missing SHOP_URL is a failure, not a skip.
"""

import base64
import contextlib
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from ports import free_port                  # noqa: E402

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
TAB, ENTER, ESCAPE, SPACE = "\ue004", "\ue007", "\ue00c", " "
FLAGS = ["--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,900"]
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def program(variable, name):
    path = os.environ.get(variable) or shutil.which(name)
    if not path:
        raise AssertionError("%s is not installed (Debian: chromium, chromium-driver)" % name)
    return path


class Browser:
    """The little of the WebDriver protocol that the tests need."""

    def __init__(self, insecure=False):
        self.profile = tempfile.mkdtemp(prefix="shop-page-")
        self.session = None
        self.driver = None
        try:
            port = free_port()
            self.base = "http://127.0.0.1:%d" % port
            self.driver = subprocess.Popen([program("CHROMEDRIVER", "chromedriver"), "--port=%d" % port],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.until(self.ready, "chromedriver answers", 30)
            flags = FLAGS + ["--user-data-dir=" + self.profile] + (["--no-sandbox"] if os.geteuid() == 0 else [])
            answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "acceptInsecureCerts": insecure, "goog:loggingPrefs": {"browser": "ALL"},
                "goog:chromeOptions": {"binary": program("CHROMIUM", "chromium"), "args": flags}}}}, timeout=90)
            self.session = "/session/" + answer["sessionId"]
        except BaseException:
            self.close()
            raise

    def ready(self):
        if self.driver.poll() is not None:
            raise AssertionError("chromedriver ended with status %d" % self.driver.returncode)
        try:
            return self.call("GET", "/status")["ready"]
        except OSError:
            return False

    def call(self, method, path, body=None, timeout=40):
        request = urllib.request.Request(self.base + path, method=method, headers={"Content-Type": "application/json"},
                                         data=json.dumps(body or {}).encode() if method == "POST" else None)
        try:
            with DIRECT.open(request, timeout=timeout) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise AssertionError("%s %s: %s: %s" % (method, path, value["error"], value["message"].splitlines()[0])) from None

    def close(self):
        if self.session:
            with contextlib.suppress(Exception):
                self.call("DELETE", self.session)
        if self.driver:
            self.driver.terminate()
            try:
                self.driver.wait(10)
            except subprocess.TimeoutExpired:
                self.driver.kill()
                self.driver.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    @staticmethod
    def until(check, what, seconds=15):
        end = time.monotonic() + seconds
        while True:
            value = check()
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError("not within %d s: %s" % (seconds, what))
            time.sleep(0.05)

    def get(self, url):
        self.call("POST", self.session + "/url", {"url": url})

    def js(self, script, *args):
        return self.call("POST", self.session + "/execute/sync", {"script": script, "args": list(args)})

    def cdp(self, command, **params):
        return self.call("POST", self.session + "/goog/cdp/execute", {"cmd": command, "params": params})

    def find(self, selector):
        found = self.call("POST", self.session + "/element", {"using": "css selector", "value": selector})
        return self.session + "/element/" + found[ELEMENT]

    def click(self, selector):
        # Not under the bar at the top, which stays where it is.
        self.js("document.querySelector(arguments[0])?.scrollIntoView({block: 'center', inline: 'nearest', behavior: 'instant'})", selector)
        self.call("POST", self.find(selector) + "/click")

    def fill(self, selector, text):
        element = self.find(selector)
        self.call("POST", element + "/clear")
        self.call("POST", element + "/value", {"text": text})

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", self.session + "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def text(self, selector):
        return self.js("const e = document.querySelector(arguments[0]); return e ? e.innerText : null", selector)

    def count(self, selector):
        return self.js("return document.querySelectorAll(arguments[0]).length", selector)

    def shown(self, selector):
        return self.js("const e = document.querySelector(arguments[0]); return Boolean(e && e.checkVisibility({visibilityProperty: true}))", selector)

    def focused(self):
        return self.js("const e = document.activeElement; return (e.id ? '#' + e.id + ' ' : '') + (e.getAttribute('aria-label') || e.textContent.slice(0, 60))")

    def log(self):
        return self.call("POST", self.session + "/se/log", {"type": "browser"})

    def picture(self, name):
        folder = os.environ.get("PAGE_SHOTS")
        if folder:
            path = pathlib.Path(folder)
            path.mkdir(parents=True, exist_ok=True)
            (path / (name + ".png")).write_bytes(base64.b64decode(self.call("GET", self.session + "/screenshot")))


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.url = os.environ.get("SHOP_URL", "").rstrip("/")
        if not cls.url:
            raise AssertionError("SHOP_URL is not set: say where the shop is, such as SHOP_URL=http://127.0.0.1:8080")

    def setUp(self):
        self.browser = Browser(insecure=self.url.startswith("https:"))
        self.addCleanup(self.browser.close)
        self.media("light")

    def media(self, scheme):
        # Less motion: no smooth scrolling under the driver's clicks.
        self.browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme},
                                                                 {"name": "prefers-reduced-motion", "value": "reduce"}])

    def open(self, path="/"):
        self.browser.get(self.url + path)
        self.browser.until(lambda: self.browser.count("#grid .tile") and self.browser.count("#categories .chip") > 1, "the catalogue is on the page")

    def tab_to(self, wanted, most=80):
        """Presses Tab until the focused element's label is `wanted`."""
        for _ in range(most):
            self.browser.press(TAB)
            if wanted in self.browser.focused():
                return
        self.fail("%d times Tab did not reach %r" % (most, wanted))

    def set_width(self, width, height=800):
        self.browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)

    def assert_no_sideways(self, where):
        wide = self.browser.js("""
            const width = document.documentElement.clientWidth;
            const page = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
            const dialogs = [...document.querySelectorAll('dialog[open]')].filter(d => d.scrollWidth > d.clientWidth + 1 || d.getBoundingClientRect().right > width + 1);
            return page > width ? 'page ' + page + ' > ' + width : dialogs.map(d => d.id).join(' ');""")
        self.assertEqual(wide, "", "scrolls sideways: " + where)

    def assert_console_clean(self):
        bad = [entry["message"] for entry in self.browser.log() if entry["level"] in ("SEVERE", "WARNING")]
        self.assertEqual(bad, [])

    def register(self):
        browser, tag = self.browser, secrets.token_hex(5)
        browser.click("#sign-in-button")
        browser.click("#auth-switch")
        self.assertIn("auth-username", browser.focused())
        browser.fill("#auth-username", "page-" + tag)
        browser.fill("#auth-email", "page-%s@example.com" % tag)
        browser.fill("#auth-password", "a page test " + tag)
        browser.picture("register")
        browser.press(ENTER)
        browser.until(lambda: browser.shown("#sign-out-button"), "signed in (%s)" % browser.text("#auth-dialog .notice"))
        self.assertFalse(browser.shown("#auth-dialog"))

    def fill_address(self):
        for name, value in (("street", "12 Sample Street"), ("zip_code", "12345"), ("city", "Sampletown"), ("state", "Sample State"), ("country", "Sampleland")):
            self.browser.fill("#" + name, value)

    def test_register_search_cart_order_history(self):
        browser = self.browser
        self.open()
        browser.until(lambda: browser.count("#hero-tiles img"), "featured products")
        browser.until(lambda: browser.js("return [...document.querySelectorAll('#hero-tiles img')].every(i => i.complete && i.naturalWidth > 0)"), "pictures of the featured products")
        browser.picture("desktop")

        # The page keeps within a strict Content-Security-Policy, whoever sends it.
        self.assertEqual(browser.count("script:not([src]), style, [style], [onclick], [onload], [onerror]"), 0)
        self.assertEqual(browser.js("return performance.getEntriesByType('resource').map(e => new URL(e.name).origin).filter(o => o !== location.origin)"), [])

        # Load more: the next page is added below the first.
        first = browser.count("#grid .tile")
        self.assertEqual(first, 20)
        browser.js("document.querySelector('#more').focus()")
        browser.press(ENTER)
        browser.until(lambda: browser.count("#grid .tile") == 40, "the second page")
        names = browser.js("return [...document.querySelectorAll('#grid h3')].map(e => e.textContent)")
        self.assertEqual(len(set(names)), 40, "a product came twice")

        # A category, and a sort order.
        browser.click('.chip[data-category="Kitchen"]')
        browser.until(lambda: browser.js("return [...document.querySelectorAll('#grid .tile-category')].every(e => e.textContent === 'Kitchen')"), "only the kitchen")
        browser.js("const s = document.querySelector('#sort'); s.value = 'price'; s.dispatchEvent(new Event('change', {bubbles: true}))")
        browser.until(lambda: browser.text("#grid h3") == "Stoneware Mug", "the cheapest first")
        prices = [float(p.replace("$", "").replace(",", "")) for p in browser.js("return [...document.querySelectorAll('#grid .price')].map(e => e.textContent)")]
        self.assertEqual(prices, sorted(prices))
        self.open()

        self.register()
        browser.until(lambda: browser.text("#cart-number") == "0", "an empty cart")

        # Search and put into the cart, by keyboard alone.
        browser.js("document.querySelector('#search').focus()")
        browser.press(*"french press")
        browser.press(ENTER)
        browser.until(lambda: browser.text("#catalogue-title") == "Results for “french press”" and browser.text("#grid h3") == "French Press", "what was searched")
        self.tab_to("Add French Press to the cart")
        browser.picture("focus")
        browser.press(ENTER)
        browser.until(lambda: browser.text("#cart-number") == "1", "one thing in the cart")

        # The detail dialog, by keyboard: Enter opens, Escape closes and the focus is back.
        browser.js("document.querySelector('#grid h3 a').focus()")
        browser.press(ENTER)
        browser.until(lambda: browser.shown("#product-dialog"), "the product dialog")
        self.assertEqual(browser.text("#product-name"), "French Press")
        browser.picture("product")
        browser.press(ESCAPE)
        browser.until(lambda: not browser.shown("#product-dialog"), "the dialog is closed")
        browser.until(lambda: browser.focused() == "French Press", "the focus is back at the product")

        # The cart: one more, then the total is twice the price.
        browser.click("#cart-button")
        browser.until(lambda: browser.shown("#cart-lines .stepper"), "the cart")
        browser.click('#cart-lines [data-step="1"]')
        browser.until(lambda: browser.text("#cart-total") == "$59.90", "the total of two")
        browser.picture("cart")

        # Checkout: an empty form is answered in words, then the order with a coupon.
        browser.click("#checkout-button")
        browser.until(lambda: browser.shown("#checkout-dialog"), "the checkout")
        browser.until(lambda: browser.text("#quote-total") == "$59.90", "the quote")
        browser.click("#order-button")
        self.assertEqual(browser.text("#street-error"), "Please fill this in.")
        self.assertIn("#street", browser.focused())
        self.fill_address()
        self.assertEqual(browser.count("#checkout-form .field-error"), 0)
        browser.fill("#coupon_code", "discount10")
        browser.click("#coupon-apply")
        browser.until(lambda: browser.text("#quote-total") == "$53.91", "ten percent off")
        browser.picture("checkout")
        browser.click("#order-button")
        browser.until(lambda: browser.shown("#done-dialog"), "the confirmation")
        number = browser.text("#done-number")
        self.assertRegex(number, r"^[A-Z0-9]{2,}(-[A-Z0-9]+)+$")
        self.assertIn("DISCOUNT10", browser.text("#done-sums"))
        self.assertIn("$53.91", browser.text("#done-sums"))
        browser.picture("order")
        browser.until(lambda: browser.text("#cart-number") == "0", "the cart is empty again")

        # The history has it.
        browser.click("#done-history")
        browser.until(lambda: browser.text("#orders-list h3") == number, "the order in the history")
        self.assertIn("$53.91", browser.text("#orders-list"))
        browser.click("#orders-list summary")
        self.assertIn("2 × French Press", browser.text("#orders-list"))
        browser.picture("history")
        browser.press(ESCAPE)

        # The session outlives a reload and ends with signing out.
        browser.get(self.url + "/")
        browser.until(lambda: browser.shown("#orders-button"), "still signed in")
        browser.until(lambda: browser.js("return document.readyState") == "complete" and browser.count("#grid .tile"), "the catalogue again")
        browser.click("#sign-out-button")
        browser.until(lambda: browser.shown("#sign-in-button"), "signed out")
        self.assertIsNone(browser.js("return sessionStorage.getItem('shop.session')"))
        self.assert_console_clean()

    def test_phone_has_no_sideways_scroll(self):
        browser = self.browser
        self.set_width(360)
        self.open()
        self.assertEqual(browser.js("return innerWidth"), 360)
        self.assert_no_sideways("the catalogue")
        browser.picture("phone")
        self.register()
        self.assert_no_sideways("signed in")
        browser.js("document.querySelector('#grid .add:not(:disabled)').scrollIntoView({block: 'center', behavior: 'instant'})")
        browser.picture("phone-grid")
        browser.click("#grid .add:not(:disabled)")
        browser.until(lambda: browser.text("#cart-number") == "1", "one thing in the cart")
        browser.js("document.querySelector('#grid h3 a').click()")
        browser.until(lambda: browser.shown("#product-dialog"), "the product dialog")
        self.assert_no_sideways("a product")
        browser.picture("phone-product")
        browser.click("#product-dialog [data-close]")
        browser.until(lambda: not browser.shown("#product-dialog"), "the dialog is closed")
        browser.click("#cart-button")
        browser.until(lambda: browser.shown("#cart-lines .stepper"), "the cart")
        self.assert_no_sideways("the cart")
        browser.picture("phone-cart")
        browser.click("#checkout-button")
        browser.until(lambda: browser.shown("#checkout-dialog"), "the checkout")
        self.assert_no_sideways("the checkout")
        browser.picture("phone-checkout")
        browser.click("#checkout-dialog [data-close]")
        browser.until(lambda: not browser.shown("#checkout-dialog"), "the checkout is closed")
        browser.click("#orders-button")
        browser.until(lambda: browser.shown("#orders-empty"), "no orders yet")
        self.assert_no_sideways("the orders")
        self.assert_console_clean()

    def test_dark_scheme(self):
        browser = self.browser
        self.media("dark")
        self.open()
        paper = browser.js("return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        self.assertLess(max(paper), 60, "a dark page has a dark ground")
        browser.until(lambda: browser.js("return [...document.querySelectorAll('#hero-tiles img')].every(i => i.complete)"), "the pictures")
        browser.picture("dark")
        self.assert_console_clean()

    def test_spent_access_token_is_renewed_once(self):
        browser = self.browser
        self.open()
        self.register()
        spoil = """const kept = JSON.parse(sessionStorage.getItem('shop.session'));
                   for (const name of arguments[0]) kept[name] = 'not.a.token';
                   sessionStorage.setItem('shop.session', JSON.stringify(kept));"""
        browser.js(spoil, ["access"])
        self.open()
        browser.until(lambda: browser.js("return JSON.parse(sessionStorage.getItem('shop.session')).access") != "not.a.token", "a new access token")
        browser.click("#orders-button")
        browser.until(lambda: browser.shown("#orders-empty"), "the orders, with the new token")
        # With both tokens spent the page says so and signs out.
        browser.js(spoil, ["access", "refresh"])
        self.open()
        browser.until(lambda: browser.shown("#sign-in-button"), "signed out")
        browser.until(lambda: "session has ended" in browser.text("#toast"), "words for it")

    def test_refusals_are_said_in_words(self):
        browser = self.browser
        self.open()
        # Signed out, the cart asks to sign in; a wrong password is said and nothing else happens.
        browser.click("#grid .add:not(:disabled)")
        browser.until(lambda: browser.shown("#auth-dialog"), "the sign-in dialog")
        self.assertIn("Sign in", browser.text("#auth-why"))
        browser.fill("#auth-email", "nobody-%s@example.com" % secrets.token_hex(4))
        browser.fill("#auth-password", "not the password")
        browser.press(ENTER)
        browser.until(lambda: browser.shown("#auth-form .notice"), "the refusal")
        self.assertGreater(len(browser.text("#auth-form .notice")), 8)
        self.assertTrue(browser.shown("#sign-in-button"))
        browser.press(ESCAPE)

        # Text from the address is text, never markup.
        browser.get(self.url + "/?q=" + urllib.parse.quote("<img src=x onerror=alert(1)> zzzz"))
        browser.until(lambda: browser.text("#result") == "No products", "nothing found")
        self.assertIn("<img src=x", browser.text("#catalogue-title"))
        self.assertEqual(browser.count("#catalogue-title img"), 0)
        browser.click("#clear-filters")
        browser.until(lambda: browser.count("#grid .tile") == 20, "everything again")


if __name__ == "__main__":
    unittest.main()
