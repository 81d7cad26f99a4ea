// SPDX-License-Identifier: MIT
// The first page of the sample shop. It talks to the API named by
// <html data-api>, and puts every text on the page as text, never as HTML.

const root = document.documentElement;
const API = (root.dataset.api || "/api").replace(/\/+$/, "");
const IMAGE_ORIGINS = [location.origin, ...(root.dataset.imageOrigins || "").split(/\s+/).filter(Boolean)];
const STORE = "shop.session";
const PAGE = 20;
const TIMEOUT = 20000;

const $ = (id) => document.getElementById(id);

// ------------------------------------------------------------ small helpers

/** An element: el("p", {className: "x", onclick: f, data: {a: 1}}, "text", child). */
function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name === "data") Object.assign(node.dataset, value);
    else if (name.startsWith("aria-") || name === "role" || name === "for") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function money(amount, currency) {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency: currency || "USD" }).format(amount);
  } catch {
    return `${amount} ${currency}`;
  }
}

const when = (time) => new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
const count = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** A fresh key for one attempt; randomUUID() is not there on plain http. */
function attemptKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const SVG = "http://www.w3.org/2000/svg";

/** The product's picture, or a quiet stand-in where there is none to show. */
function picture(product, { eager = false } = {}) {
  let url = null;
  try {
    url = product && product.image_url ? new URL(product.image_url, location.href) : null;
  } catch { /* not an address: no picture */ }
  if (!url || !/^https?:$/.test(url.protocol) || !IMAGE_ORIGINS.includes(url.origin)) return noPicture();
  const img = el("img", { alt: "", width: 400, height: 400, decoding: "async", loading: eager ? "eager" : "lazy" });
  img.addEventListener("error", () => img.replaceWith(noPicture()), { once: true });
  img.src = url.href;
  return img;
}

function noPicture() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", "M4 8l8-4.5L20 8v8l-8 4.5L4 16zM4 8l8 4.5L20 8M12 12.5V20.5");
  for (const [name, value] of [["fill", "none"], ["stroke", "currentColor"], ["stroke-width", "1.2"], ["stroke-linejoin", "round"]]) path.setAttribute(name, value);
  svg.append(path);
  return el("div", { className: "noimage" }, svg);
}

// ------------------------------------------------------------ API

/** What the shop refused, in words (application/problem+json, RFC 9457). */
class Problem extends Error {
  constructor(status, body, retryAfter) {
    const problem = body && typeof body === "object" ? body : {};
    super(problem.detail || problem.title || (status ? `The shop answered with an error (${status}).` : "The shop cannot be reached. Check the connection and try again."));
    this.status = status;
    this.code = problem.code || "";
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
    this.lines = Array.isArray(problem.lines) ? problem.lines : [];
    this.reason = problem.reason;
    this.missing = problem.missing;
    this.retryAfter = retryAfter;
    this.requestId = problem.request_id;
  }

  get headline() {
    if (this.reason) return couponWords(this);
    if (this.status === 429 || this.status === 503) {
      const seconds = Number(this.retryAfter);
      return sentence(this.message) + (seconds > 0 ? ` Try again in ${count(seconds, "second", "seconds")}.` : " Try again in a moment.");
    }
    if (this.status >= 500 && this.requestId) return `${sentence(this.message)} (Request ${this.requestId})`;
    return sentence(this.message);
  }

  /** The single things that are wrong, as sentences. */
  get details() {
    const fields = this.errors.map((error) => {
      const name = String(error.pointer || "").split("/").filter(Boolean).pop();
      return sentence(`${name ? `${name.replaceAll("_", " ")}: ` : ""}${error.detail || error.code || ""}`);
    });
    const lines = this.lines.map((line) => {
      const name = (known.get(line.product_id) || cartLine(line.product_id) || {}).name || "One product";
      return line.available > 0 ? `${name}: ${line.requested} wanted, ${line.available} left.` : `${name}: sold out.`;
    });
    return [...fields, ...lines];
  }
}

function couponWords({ reason, missing }) {
  return {
    unknown: "This code is not known.",
    expired: "The time of this code is over.",
    not_started: "This code is not valid yet.",
    min_purchase: missing > 0 ? `Add ${money(missing, currency())} more to use this code.` : "The order is too small for this code.",
    user_limit: "You have used this code already.",
    exhausted: "This code has been used up.",
  }[reason] || "This code cannot be used for this order.";
}

let session = readSession();
let refreshing = null;

function readSession() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORE));
    return stored && stored.access && stored.refresh ? stored : null;
  } catch {
    return null;
  }
}

function keepSession(answer) {
  session = answer && { access: answer.access_token, refresh: answer.refresh_token, user: answer.user };
  try {
    if (session) sessionStorage.setItem(STORE, JSON.stringify(session));
    else sessionStorage.removeItem(STORE);
  } catch { /* without storage the session lives as long as the page */ }
  showSession();
}

async function send(method, path, { body, bearer, headers = {}, signal } = {}) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), TIMEOUT);
  if (signal) signal.addEventListener("abort", () => control.abort());
  try {
    const response = await fetch(API + path, {
      method,
      headers: {
        Accept: "application/json, application/problem+json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}),
        ...headers,
      },
      body,
      signal: control.signal,
    });
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new Problem(response.status, answer, response.headers.get("Retry-After"));
    if (answer === null) throw new Problem(response.status, { detail: "The shop's answer could not be read." });
    return answer;
  } catch (error) {
    if (error instanceof Problem || (signal && signal.aborted)) throw error;
    throw new Problem(0, null);
  } finally {
    clearTimeout(timer);
  }
}

/** One request; with a session, a 401 is answered once with a fresh token. */
async function call(method, path, { json, auth = true, headers, signal } = {}) {
  const body = json === undefined ? undefined : typeof json === "string" ? json : JSON.stringify(json);
  const options = { body, headers, signal };
  const access = auth && session ? session.access : null;
  try {
    return await send(method, path, { ...options, bearer: access });
  } catch (error) {
    if (!access || error.status !== 401) throw error;
    if (!session) throw error;
    if (session.access === access) await refresh();
    return send(method, path, { ...options, bearer: session.access });
  }
}

/** A new pair of tokens, asked for once however many requests wait for it. */
function refresh() {
  refreshing ??= send("POST", "/auth/refresh", { bearer: session.refresh })
    .then(keepSession)
    .catch((error) => {
      if (error.status === 401 || error.status === 403) {
        keepSession(null);
        setCart(null);
        throw new Problem(401, { detail: "Your session has ended. Please sign in again." });
      }
      throw error;
    })
    .finally(() => { refreshing = null; });
  return refreshing;
}

// ------------------------------------------------------------ messages

let toastTimer = 0;

/** Says something: in the dialog that is open, else at the foot of the page. */
function say(text, bad = false) {
  const dialogs = [...document.querySelectorAll("dialog[open]")];
  const status = dialogs.length ? dialogs.at(-1).querySelector(".status") : null;
  if (status) {
    status.textContent = text;
    status.dataset.bad = bad;
    return;
  }
  const toast = $("toast");
  toast.textContent = text;
  toast.dataset.shown = "true";
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.dataset.shown = "false"; }, 5000);
}

/** Puts a problem, or nothing, into a notice. */
function notice(box, problem, ...extra) {
  box.replaceChildren();
  box.hidden = !problem;
  if (!problem) return;
  const details = problem.details || [];
  box.append(el("p", {}, problem.headline || problem.message));
  if (details.length) box.append(el("ul", {}, ...details.map((text) => el("li", {}, text))));
  box.append(...extra);
}

function inWords(problem) {
  return [problem.headline || problem.message, ...(problem.details || [])].join(" ");
}

/** Shows a problem in a form: beside the fields it names, the rest on top. */
function formProblem(form, problem) {
  clearFieldErrors(form);
  const box = form.querySelector(".notice");
  const left = [];
  let first = null;
  for (const error of problem.errors || []) {
    const input = [...form.querySelectorAll("[data-pointer]")].find((field) => field.dataset.pointer === error.pointer && field.type !== "radio" && field.offsetParent);
    if (!input) { left.push(error); continue; }
    fieldError(input, sentence(error.detail || "This is not allowed"));
    first ??= input;
  }
  if (first && !left.length) {
    notice(box, null);
    first.focus();
    return;
  }
  if (problem instanceof Problem) problem.errors = left;
  notice(box, problem);
  box.scrollIntoView({ block: "nearest" });
  if (first) first.focus();
}

function fieldError(input, text) {
  const id = `${input.id}-error`;
  if ($(id)) return;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", id);
  input.closest(".field").append(el("p", { id, className: "field-error" }, text));
}

function clearFieldErrors(form) {
  form.querySelectorAll(".field-error").forEach((node) => node.remove());
  form.querySelectorAll("[aria-invalid]").forEach((input) => {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  });
}

document.querySelectorAll("form").forEach((form) => form.addEventListener("input", (event) => {
  const error = $(`${event.target.id}-error`);
  if (!error || !event.target.id) return;
  error.remove();
  event.target.removeAttribute("aria-invalid");
  event.target.removeAttribute("aria-describedby");
}));

/** True when every visible field is filled in as it should be. */
function formFilled(form) {
  clearFieldErrors(form);
  notice(form.querySelector(".notice"), null);
  let first = null;
  for (const input of form.querySelectorAll("input")) {
    if (input.type === "radio" || !input.offsetParent) continue;
    const empty = input.required && !input.value.trim();
    if (!empty && input.checkValidity()) continue;
    fieldError(input, empty ? "Please fill this in." : input.validationMessage);
    first ??= input;
  }
  if (first) first.focus();
  return !first;
}

async function busy(button, work) {
  if (button.getAttribute("aria-busy") === "true") return undefined;
  button.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// ------------------------------------------------------------ dialogs

function open(dialog, focus) {
  const status = dialog.querySelector(".status");
  if (status) status.textContent = "";
  $("toast").dataset.shown = "false";
  if (!dialog.open) dialog.showModal();
  if (focus) focus.focus();
}

document.querySelectorAll("dialog").forEach((dialog) => {
  let pressedOutside = false;
  const outside = (event) => {
    const box = dialog.getBoundingClientRect();
    return event.target === dialog && (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom);
  };
  dialog.addEventListener("pointerdown", (event) => { pressedOutside = outside(event); });
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]") || (pressedOutside && outside(event))) dialog.close();
    pressedOutside = false;
  });
  dialog.addEventListener("close", () => {
    // The browser gives the focus back; where its element is gone, go on at the products.
    if (document.activeElement === document.body && !document.querySelector("dialog[open]")) $("catalogue").focus({ preventScroll: true });
  });
});

// ------------------------------------------------------------ catalogue

const known = new Map();
const tiles = new Map();
const filters = { q: "", category: "", sort: "", in_stock: false };
let nextCursor = null;
let shown = 0;
let loading = null;

function currency() {
  if (cart && cart.currency) return cart.currency;
  for (const product of known.values()) return product.currency;
  return "USD";
}

function query(extra = {}) {
  const params = new URLSearchParams();
  if (filters.q) params.set("q", filters.q);
  if (filters.category) params.set("category", filters.category);
  if (filters.sort) params.set("sort", filters.sort);
  if (filters.in_stock) params.set("in_stock", "true");
  for (const [name, value] of Object.entries(extra)) params.set(name, value);
  return params;
}

function stockWords(product) {
  if (product.stock <= 0) return { level: "none", text: "Sold out" };
  if (product.stock <= 5) return { level: "low", text: `Only ${product.stock} left` };
  return { level: "good", text: "In stock" };
}

function tile(product) {
  const stock = stockWords(product);
  const link = el("a", { href: `?product=${encodeURIComponent(product.id)}` }, product.name);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    openProduct(product.id);
  });
  const add = el("button", { type: "button", className: "add", "aria-label": stock.level === "none" ? `${product.name}: sold out` : `Add ${product.name} to the cart`, disabled: stock.level === "none" },
    stock.level === "none" ? "Sold out" : "Add");
  add.addEventListener("click", () => busy(add, () => addToCart(product.id, 1)));
  return el("li", { data: { id: product.id } }, el("article", { className: "tile" },
    el("div", { className: "tile-picture" }, picture(product), stock.level === "good" ? null : el("span", { className: "badge" }, stock.text)),
    el("div", { className: "tile-words" },
      el("p", { className: "tile-category" }, product.category),
      el("h3", {}, link),
      el("div", { className: "tile-buy" }, el("span", { className: "price" }, money(product.price, product.currency)), add))));
}

/** Loads the first page of what the filters ask for, or the page after. */
async function loadProducts(more = false) {
  if (loading) loading.abort();
  const control = loading = new AbortController();
  const grid = $("grid");
  grid.setAttribute("aria-busy", "true");
  notice($("catalogue-error"), null);
  try {
    const page = await call("GET", `/products?${query({ limit: PAGE, count: "true", ...(more && nextCursor ? { cursor: nextCursor } : {}) })}`, { auth: false, signal: control.signal });
    if (!more) {
      grid.replaceChildren();
      tiles.clear();
      shown = 0;
    }
    let first = null;
    for (const product of page.items) {
      known.set(product.id, product);
      const item = tile(product);
      tiles.set(product.id, item);
      first ??= item;
      grid.append(item);
    }
    shown += page.items.length;
    nextCursor = page.next_cursor;
    const total = page.total_capped ? "more than 10,000" : Number.isInteger(page.total) ? page.total.toLocaleString("en") : null;
    $("result").textContent = shown === 0 ? "No products" : total && String(shown) !== total ? `Showing ${shown} of ${total}` : count(shown, "product", "products");
    $("empty").hidden = shown > 0;
    const held = document.activeElement === $("more");
    $("more").hidden = !nextCursor;
    if (more && first && held) first.querySelector("a").focus({ preventScroll: true });
  } catch (error) {
    if (control.signal.aborted && loading !== control) return;
    const again = el("button", { type: "button", className: "link" }, "Try again");
    again.addEventListener("click", () => loadProducts(more));
    notice($("catalogue-error"), error, again);
    $("result").textContent = "";
  } finally {
    if (loading === control) {
      loading = null;
      grid.setAttribute("aria-busy", "false");
    }
  }
}

async function loadCategories() {
  const { items } = await call("GET", "/categories", { auth: false });
  const all = items.reduce((sum, category) => sum + category.products, 0);
  $("categories").replaceChildren(...[{ name: "", label: "Everything", products: all }, ...items].map((category) => {
    const chip = el("button", { type: "button", className: "chip", data: { category: category.name }, "aria-pressed": String(category.name === filters.category) },
      category.label || category.name, el("small", { "aria-hidden": "true" }, String(category.products)));
    chip.addEventListener("click", () => { filters.category = category.name; changed(); });
    return chip;
  }));
}

async function loadHero() {
  const { items } = await call("GET", "/products?featured=true&limit=6", { auth: false });
  $("hero-tiles").replaceChildren(...items.map((product) => {
    known.set(product.id, product);
    const link = el("a", { href: `?product=${encodeURIComponent(product.id)}`, "aria-label": product.name }, picture(product, { eager: true }));
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      openProduct(product.id);
    });
    return el("li", {}, link);
  }));
}

function showFilters() {
  if ($("search").value.trim() !== filters.q) $("search").value = filters.q;
  $("sort").value = filters.sort;
  $("in-stock").checked = filters.in_stock;
  document.querySelectorAll(".chip").forEach((chip) => chip.setAttribute("aria-pressed", String(chip.dataset.category === filters.category)));
  $("catalogue-title").textContent = filters.q ? `Results for “${filters.q}”` : filters.category || "All products";
  $("hero").hidden = Boolean(filters.q || filters.category);
}

/** The filters have changed: address, controls and products follow. */
function changed() {
  const params = query().toString();
  history.replaceState(null, "", params ? `?${params}` : location.pathname);
  showFilters();
  return loadProducts();
}

function readAddress() {
  const params = new URLSearchParams(location.search);
  const before = query().toString();
  filters.q = (params.get("q") || "").trim();
  filters.category = params.get("category") || "";
  filters.sort = [...$("sort").options].some((option) => option.value === params.get("sort")) ? params.get("sort") : "";
  filters.in_stock = params.get("in_stock") === "true";
  return before !== query().toString();
}

let typing = 0;
$("search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(search, 400);
});
$("search-form").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  search();
  $("catalogue").scrollIntoView({ block: "start" });
});
function search() {
  const text = $("search").value.trim();
  if (text === filters.q) return;
  filters.q = text;
  changed();
}
$("sort").addEventListener("change", () => { filters.sort = $("sort").value; changed(); });
$("in-stock").addEventListener("change", () => { filters.in_stock = $("in-stock").checked; changed(); });
$("more").addEventListener("click", () => busy($("more"), () => loadProducts(true)));
$("clear-filters").addEventListener("click", () => {
  Object.assign(filters, { q: "", category: "", sort: "", in_stock: false });
  changed();
  $("search").focus();
});

// ------------------------------------------------------------ one product

let current = null;

async function productOf(id) {
  if (!known.has(id)) known.set(id, await call("GET", `/products/${encodeURIComponent(id)}`, { auth: false }));
  return known.get(id);
}

async function openProduct(id, push = true) {
  let product;
  try {
    product = await productOf(id);
  } catch (error) {
    say(inWords(error), true);
    return;
  }
  current = product;
  if (push) {
    const params = query({ product: id });
    history.pushState({ pushed: true }, "", `?${params}`);
  }
  const stock = stockWords(product);
  $("product-picture").replaceChildren(picture(product, { eager: true }));
  $("product-category").textContent = product.category;
  $("product-name").textContent = product.name;
  $("product-price").textContent = money(product.price, product.currency);
  $("product-text").textContent = product.description || "";
  $("product-stock").textContent = stock.text;
  $("product-stock").dataset.level = stock.level;
  $("buy-quantity").value = 1;
  $("buy-quantity").max = Math.max(1, Math.min(product.stock, 10000));
  $("buy-form").hidden = stock.level === "none";
  open($("product-dialog"), $("product-name"));
}

$("product-dialog").addEventListener("close", () => {
  current = null;
  if (!new URLSearchParams(location.search).has("product")) return;
  if (history.state && history.state.pushed) history.back();
  else {
    const params = query().toString();
    history.replaceState(null, "", params ? `?${params}` : location.pathname);
  }
});

window.addEventListener("popstate", () => {
  if (readAddress()) {
    showFilters();
    loadProducts();
  }
  const id = new URLSearchParams(location.search).get("product");
  if (id && (!current || current.id !== id)) openProduct(id, false);
  else if (!id && $("product-dialog").open) $("product-dialog").close();
});

/** − and + beside a quantity. */
function step(stepper, by) {
  const input = stepper.querySelector("input");
  const low = Number(input.min) || 1;
  const high = Number(input.max) || 10000;
  const value = Math.min(high, Math.max(low, (Math.trunc(Number(input.value)) || low) + by));
  if (String(value) === input.value) return;
  input.value = value;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) step(button.closest(".stepper"), Number(button.dataset.step));
});

$("buy-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const product = current;
  if (product) busy($("buy-button"), () => addToCart(product.id, Math.trunc(Number($("buy-quantity").value)) || 1));
});

// ------------------------------------------------------------ signing in

let afterSignIn = null;
let registering = false;

function showSession() {
  $("sign-in-button").hidden = Boolean(session);
  $("sign-out-button").hidden = !session;
  $("orders-button").hidden = !session;
  $("hello").textContent = session && session.user ? `Hello, ${session.user.username}` : "Picked for you";
}

function authMode(register) {
  registering = register;
  $("username-field").hidden = !register;
  $("auth-username").required = register;
  $("auth-title").textContent = register ? "Create an account" : "Sign in";
  $("auth-submit").textContent = register ? "Create account" : "Sign in";
  $("auth-switch-text").textContent = register ? "Been here before?" : "New here?";
  $("auth-switch").textContent = register ? "Sign in" : "Create an account";
  $("auth-password").autocomplete = register ? "new-password" : "current-password";
  clearFieldErrors($("auth-form"));
  notice($("auth-form").querySelector(".notice"), null);
}

function askToSignIn(why, then) {
  afterSignIn = then || null;
  authMode(false);
  $("auth-password").value = "";
  $("auth-why").textContent = why || "";
  open($("auth-dialog"), $("auth-email"));
}

$("auth-switch").addEventListener("click", () => {
  authMode(!registering);
  $(registering ? "auth-username" : "auth-email").focus();
});
$("auth-dialog").addEventListener("close", () => { $("auth-password").value = ""; });
$("sign-in-button").addEventListener("click", () => askToSignIn("", null));

$("auth-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!formFilled($("auth-form"))) return;
  busy($("auth-submit"), async () => {
    const email = $("auth-email").value.trim();
    const password = $("auth-password").value;
    try {
      if (registering) await call("POST", "/auth/register", { auth: false, json: { username: $("auth-username").value.trim(), email, password } });
      keepSession(await call("POST", "/auth/login", { auth: false, json: { email, password } }));
    } catch (error) {
      formProblem($("auth-form"), error);
      return;
    }
    const then = afterSignIn;
    afterSignIn = null;
    $("auth-dialog").close();
    // The button that opened the dialog may be gone now.
    if (document.activeElement === document.body || document.activeElement === $("sign-in-button")) $("cart-button").focus();
    say(`Welcome, ${session.user.username}.`);
    if (then) await then();
    else await loadCart();
  });
});

$("sign-out-button").addEventListener("click", () => busy($("sign-out-button"), async () => {
  try {
    await call("POST", "/auth/logout");
  } catch (error) {
    // Whoever wants to leave leaves; but a session that could not be ended is said.
    if (error.status !== 401) say(`This browser is signed out, but the shop could not be told: ${inWords(error)}`, true);
  }
  keepSession(null);
  setCart(null);
  clearPrivate();
  $("sign-in-button").focus();
  if ($("toast").dataset.shown !== "true") say("You are signed out.");
}));

function clearPrivate() {
  $("checkout-form").reset();
  $("orders-list").replaceChildren();
  attempt = null;
}

// ------------------------------------------------------------ cart

let cart = null;
let cartWork = Promise.resolve();
const lineNodes = new Map();

const cartLine = (id) => (cart ? cart.items.find((line) => line.product_id === id) : null);

function setCart(value) {
  cart = value;
  const n = cart ? cart.item_count : 0;
  $("cart-number").textContent = n > 999 ? "999+" : String(n);
  $("cart-count").dataset.empty = String(n === 0);
  showCart();
}

/** Cart requests go out one after the other, so that the last answer is the last word. */
function inTurn(work) {
  const result = cartWork.then(work);
  cartWork = result.catch(() => {});
  return result;
}

async function loadCart() {
  if (!session) return;
  try {
    setCart(await inTurn(() => call("GET", "/cart")));
  } catch (error) {
    say(inWords(error), true);
  }
}

async function addToCart(id, quantity) {
  if (!session) {
    askToSignIn("Sign in to put things into your cart. It keeps them until you order.", async () => {
      await addToCart(id, quantity);
    });
    return;
  }
  try {
    setCart(await inTurn(() => call("POST", "/cart", { json: { product_id: id, quantity } })));
    const line = cartLine(id);
    say(`${line ? line.name : "It"} is in your cart now${line ? `, ${line.quantity} in all` : ""}.`);
  } catch (error) {
    if (error.status === 401 && !session) askToSignIn(error.message, () => addToCart(id, quantity));
    else say(inWords(error), true);
  }
}

function lineNode(line) {
  const id = line.product_id;
  const pictureBox = el("div", { className: "line-picture" });
  const name = el("span");
  const sum = el("span");
  const note = el("p", { className: "line-note", hidden: true });
  const input = el("input", { type: "number", inputMode: "numeric", min: "1", max: "10000", required: true, id: `quantity-${id}` });
  const less = el("button", { type: "button", data: { step: "-1" } }, "−");
  const more = el("button", { type: "button", data: { step: "1" } }, "+");
  const remove = el("button", { type: "button", className: "link small" }, "Remove");
  const label = el("label", { className: "hidden", for: input.id });
  let wait = 0;
  input.addEventListener("change", () => {
    clearTimeout(wait);
    wait = setTimeout(() => setQuantity(id, Math.trunc(Number(input.value))), 250);
  });
  remove.addEventListener("click", () => { clearTimeout(wait); removeLine(id); });
  productOf(id).then((product) => pictureBox.replaceChildren(picture(product)), () => pictureBox.replaceChildren(noPicture()));
  const node = el("li", { data: { id } }, pictureBox, el("div", { className: "line-name" }, name, sum),
    el("div", { className: "line-tools" }, el("div", { className: "stepper" }, less, label, input, more), remove), note);
  const update = (now) => {
    name.textContent = now.name;
    sum.textContent = money(now.line_total, cart.currency);
    input.value = now.quantity;
    label.textContent = `Quantity of ${now.name}`;
    less.setAttribute("aria-label", `One less: ${now.name}`);
    more.setAttribute("aria-label", `One more: ${now.name}`);
    remove.setAttribute("aria-label", `Remove ${now.name}`);
    const short = Number.isInteger(now.available) && now.available < now.quantity;
    note.hidden = !short;
    note.textContent = short ? (now.available > 0 ? `Only ${now.available} left.` : "Sold out.") : "";
  };
  return { node, update, remove };
}

function showCart() {
  const list = $("cart-lines");
  const items = cart ? cart.items : [];
  const there = new Set(items.map((line) => line.product_id));
  for (const [id, line] of lineNodes) {
    if (there.has(id)) continue;
    line.node.remove();
    lineNodes.delete(id);
  }
  for (const item of items) {
    if (!lineNodes.has(item.product_id)) {
      const line = lineNode(item);
      lineNodes.set(item.product_id, line);
      list.append(line.node);
    }
    lineNodes.get(item.product_id).update(item);
  }
  $("cart-empty").hidden = items.length > 0;
  $("cart-foot").hidden = items.length === 0;
  $("cart-total").textContent = cart ? money(cart.total, cart.currency) : "";
  $("cart-title").textContent = items.length ? `Your cart (${cart.item_count})` : "Your cart";
}

async function setQuantity(id, quantity) {
  const line = cartLine(id);
  if (!line) return;
  notice($("cart-error"), null);
  if (!Number.isInteger(quantity) || quantity < 1) {
    showCart();
    return;
  }
  if (quantity === line.quantity) return;
  try {
    setCart(await inTurn(() => call("PUT", `/cart/${encodeURIComponent(id)}`, { json: { quantity } })));
    say(`${line.name}: ${quantity}. Total ${money(cart.total, cart.currency)}.`);
  } catch (error) {
    cartProblem(error);
  }
}

async function removeLine(id) {
  const line = cartLine(id);
  const place = cart ? cart.items.findIndex((item) => item.product_id === id) : 0;
  notice($("cart-error"), null);
  try {
    setCart(await inTurn(() => call("DELETE", `/cart/${encodeURIComponent(id)}`)));
    const next = cart.items[Math.min(place, cart.items.length - 1)];
    (next ? lineNodes.get(next.product_id).remove : $("cart-title")).focus();
    say(`${line ? line.name : "The product"} is no longer in your cart.`);
  } catch (error) {
    if (error.status === 404) loadCart();
    else cartProblem(error);
  }
}

function cartProblem(error) {
  if (error.status === 401 && !session) {
    $("cart-dialog").close();
    askToSignIn(error.message, async () => { await loadCart(); openCart(); });
    return;
  }
  if (error.status === 404) loadCart();
  else showCart();
  notice($("cart-error"), error);
}

function openCart() {
  notice($("cart-error"), null);
  open($("cart-dialog"), $("cart-title"));
}

$("cart-button").addEventListener("click", () => busy($("cart-button"), async () => {
  if (!session) {
    askToSignIn("Sign in to see your cart.", async () => { await loadCart(); openCart(); });
    return;
  }
  await loadCart();
  if (session) openCart();
  else askToSignIn("Your session has ended. Please sign in again.", async () => { await loadCart(); openCart(); });
}));

// ------------------------------------------------------------ checkout

let quote = null;
let attempt = null;

const couponCode = () => $("coupon_code").value.trim().toUpperCase();

function showQuote(sums) {
  $("summary-lines").replaceChildren(...sums.items.map((line) => el("li", {},
    el("span", {}, `${line.quantity} × ${line.name}`), el("span", {}, money(line.line_total, sums.currency)))));
  $("quote-subtotal").textContent = money(sums.subtotal, sums.currency);
  $("quote-discount-row").hidden = !(sums.discount > 0);
  $("quote-discount").textContent = `−${money(sums.discount, sums.currency)}`;
  $("quote-total").textContent = money(sums.total, sums.currency);
}

/** Asks what the cart costs with this coupon; true when the coupon (if any) applies. */
async function askQuote(code) {
  const answer = await call("POST", "/cart/quote", { json: code ? { coupon_code: code } : {} });
  quote = { ...answer, asked: code };
  showQuote(quote);
  const status = $("coupon-status");
  const coupon = code ? answer.coupon : null;
  status.dataset.bad = String(Boolean(coupon && !coupon.applies));
  status.textContent = !coupon ? "" : coupon.applies ? `${coupon.code} takes ${money(answer.discount, answer.currency)} off.` : couponWords(coupon);
  return !coupon || coupon.applies;
}

async function openCheckout() {
  quote = null;
  attempt = null;
  clearFieldErrors($("checkout-form"));
  notice($("checkout-form").querySelector(".notice"), null);
  showQuote({ items: cart.items, subtotal: cart.total, discount: 0, total: cart.total, currency: cart.currency });
  open($("checkout-dialog"), $("street"));
  try {
    await askQuote(couponCode());
  } catch (error) {
    checkoutProblem(error);
  }
}

$("checkout-button").addEventListener("click", () => {
  $("cart-dialog").close();
  openCheckout();
});

$("coupon-apply").addEventListener("click", () => busy($("coupon-apply"), async () => {
  try {
    await askQuote(couponCode());
  } catch (error) {
    checkoutProblem(error);
  }
}));
$("coupon_code").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  $("coupon-apply").click();
});

function checkoutProblem(error) {
  const form = $("checkout-form");
  if (error.status === 401 && !session) {
    askToSignIn(error.message, loadCart);
    return;
  }
  if (error.reason || error.code === "coupon_exhausted") {
    $("coupon-status").dataset.bad = "true";
    $("coupon-status").textContent = inWords(error);
    $("coupon_code").focus();
    return;
  }
  formProblem(form, error);
  if (["out_of_stock", "product_unavailable", "cart_empty"].includes(error.code)) {
    const back = el("button", { type: "button", className: "link" }, "Back to the cart");
    back.addEventListener("click", async () => {
      $("checkout-dialog").close();
      await loadCart();
      openCart();
    });
    form.querySelector(".notice").append(back);
    back.focus();
  }
}

$("checkout-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = $("checkout-form");
  if (!formFilled(form)) return;
  busy($("order-button"), async () => {
    try {
      const code = couponCode();
      if ((!quote || quote.asked !== code) && !(await askQuote(code))) {
        $("coupon_code").focus();
        return;
      }
      const address = Object.fromEntries(["street", "city", "state", "country", "zip_code"].map((name) => [name, form.elements[name].value.trim()]));
      const body = JSON.stringify({
        shipping_address: address,
        payment_method: form.elements.payment_method.value,
        ...(code ? { coupon_code: code } : {}),
        expected_total: quote.total,
      });
      // The key stays while it is uncertain whether the order went through, and only for the same order.
      if (!attempt || attempt.body !== body) attempt = { key: attemptKey(), body };
      const order = await call("POST", "/orders", { json: body, headers: { "Idempotency-Key": attempt.key } });
      attempt = null;
      ordered(order);
    } catch (error) {
      const uncertain = error.status === 0 || error.status >= 500 || error.status === 429 || error.status === 401 || error.code === "idempotency_in_progress" || error.code === "order_in_progress";
      if (!uncertain) attempt = null;
      if (error.code === "total_changed") await askQuote(couponCode()).catch(() => {});
      checkoutProblem(error);
    }
  });
});

function ordered(order) {
  for (const line of order.items) {
    const product = known.get(line.product_id);
    if (!product) continue;
    product.stock = Math.max(0, product.stock - line.quantity);
    const old = tiles.get(product.id);
    if (!old) continue;
    const fresh = tile(product);
    old.replaceWith(fresh);
    tiles.set(product.id, fresh);
  }
  $("coupon_code").value = "";
  $("coupon-status").textContent = "";
  $("checkout-dialog").close();
  $("done-number").textContent = order.number;
  const sums = [["Subtotal", money(order.subtotal, order.currency)]];
  if (order.discount > 0) sums.push([order.coupon_code ? `Discount (${order.coupon_code})` : "Discount", `−${money(order.discount, order.currency)}`]);
  sums.push(["Total", money(order.total, order.currency)]);
  $("done-sums").replaceChildren(...sums.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  open($("done-dialog"), $("done-title"));
  loadCart();
}

$("done-history").addEventListener("click", () => {
  $("done-dialog").close();
  openOrders();
});

// ------------------------------------------------------------ orders

const PAYMENT = { credit_card: "Credit card", debit_card: "Debit card", paypal: "PayPal", bank_transfer: "Bank transfer", cash_on_delivery: "Cash on delivery" };
let olderOrders = null;

function orderNode(order) {
  const item = el("li", { data: { number: order.number } });
  const address = order.shipping_address || {};
  const rows = [...order.items.map((line) => [`${line.quantity} × ${line.name}`, money(line.line_total, order.currency)])];
  if (order.discount > 0) rows.push([order.coupon_code ? `Discount (${order.coupon_code})` : "Discount", `−${money(order.discount, order.currency)}`]);
  const details = el("details", {}, el("summary", {}, "Details"),
    el("ul", { className: "order-lines" }, ...rows.map(([name, value]) => el("li", {}, el("span", {}, name), el("span", {}, value)))),
    el("p", { className: "order-address" }, [address.street, [address.zip_code, address.city].filter(Boolean).join(" "), address.state, address.country].filter(Boolean).join(", "),
      el("br"), PAYMENT[order.payment_method] || order.payment_method || ""),
    el("ul", { className: "order-meta" }, ...(order.history || []).map((entry) => el("li", {}, `${sentence(entry.status).slice(0, -1)}, ${when(entry.at)}`))));
  if ((order.next_statuses || []).includes("cancelled")) details.append(cancelButton(order, item));
  item.append(el("div", { className: "order-head" }, el("h3", {}, order.number), el("strong", {}, money(order.total, order.currency))),
    el("p", { className: "order-meta" }, el("span", { className: "state", data: { state: order.status } }, sentence(order.status).slice(0, -1)),
      el("span", {}, when(order.created_at)), el("span", {}, count(order.items.reduce((sum, line) => sum + line.quantity, 0), "item", "items"))), details);
  return item;
}

function cancelButton(order, item) {
  const button = el("button", { type: "button", className: "link" }, "Cancel this order");
  let sure = false;
  button.addEventListener("blur", () => {
    if (button.getAttribute("aria-busy") === "true") return;
    sure = false;
    button.textContent = "Cancel this order";
  });
  button.addEventListener("click", () => {
    if (!sure) {
      sure = true;
      button.textContent = "Yes, cancel it";
      return;
    }
    busy(button, async () => {
      notice($("orders-error"), null);
      try {
        const fresh = orderNode(await call("POST", `/orders/${encodeURIComponent(order.id)}/cancel`));
        item.replaceWith(fresh);
        fresh.querySelector("details").open = true;
        fresh.querySelector("summary").focus();
        say(`Order ${order.number} is cancelled.`);
      } catch (error) {
        notice($("orders-error"), error);
      }
    });
  });
  return button;
}

async function loadOrders(more = false) {
  notice($("orders-error"), null);
  try {
    const page = await call("GET", `/orders?limit=10${more && olderOrders ? `&cursor=${encodeURIComponent(olderOrders)}` : ""}`);
    const nodes = page.items.map(orderNode);
    if (!more) $("orders-list").replaceChildren();
    $("orders-list").append(...nodes);
    olderOrders = page.next_cursor;
    $("orders-more").hidden = !olderOrders;
    $("orders-empty").hidden = $("orders-list").childElementCount > 0;
    if (more && nodes.length) nodes[0].querySelector("summary").focus();
  } catch (error) {
    if (error.status === 401 && !session) {
      $("orders-dialog").close();
      askToSignIn(error.message, openOrders);
    } else notice($("orders-error"), error);
  }
}

function openOrders() {
  $("orders-empty").hidden = true;
  open($("orders-dialog"), $("orders-title"));
  return loadOrders();
}

$("orders-button").addEventListener("click", openOrders);
$("orders-more").addEventListener("click", () => busy($("orders-more"), () => loadOrders(true)));

// ------------------------------------------------------------ start

readAddress();
showFilters();
showSession();
setCart(null);
loadProducts();
loadCategories().catch(() => {});
loadHero().catch(() => {});
loadCart();
const asked = new URLSearchParams(location.search).get("product");
if (asked) openProduct(asked, false);
