# SPDX-License-Identifier: MIT
"""Figures as text."""


def ratio(found):
    if not found:
        return "-"
    return "%.2f (%.2f..%.2f)" % (found["median"], found["min"], found["max"])


def notes(one):
    """What went wrong with one contender, for its row."""
    said = [text % one[member] for member, text in (
        ("lost", "%d connections lost"), ("refused", "%d requests refused"), ("unmeasured", "%d rounds not measured"),
        ("left", "%d orders or holds left behind"))
            if one.get(member)]
    return " (%s)" % ", ".join(said) if said else ""


def rows_of(found, titles):
    """Header and one row a contender, as text cells."""
    yield ("", "requests/s", "of static", "p50 ms", "x static", "p99 ms", "x static", "CPU us", "+ store us", "PSS MiB")
    for name, one in found.items():
        if "rate" not in one:
            yield (titles[name] + notes(one),) + ("-",) * 9
            continue
        yield (titles[name] + notes(one), "%.0f" % one["rate"]["median"], ratio(one["rate_ratio"]),
               "%.2f" % (one["p50_us"]["median"] / 1000), ratio(one["p50_ratio"]),
               "%.2f" % (one["p99_us"]["median"] / 1000), ratio(one["p99_ratio"]), "%.0f" % one["cpu_us_per_request"],
               "%.0f" % one["backing_cpu_us_per_request"], "%.0f" % one["pss_mib"])


def beside_fastest(found, names, titles):
    """How many times the median rate of the fastest of these mod_shop's is; its name where there was a choice."""
    rates = {name: found[name]["rate"]["median"] for name in names if "rate" in found.get(name, ())}
    if not rates or "rate" not in found["mod_shop"]:
        return ""
    best = max(rates, key=rates.get)
    name = " (%s)" % titles[best].split(",")[0] if len(names) > 1 else ""
    return "%.2f%s" % (found["mod_shop"]["rate"]["median"] / rates[best], name)


def short_rows(figures, level_of):
    """mod_shop beside the fastest of each kind, at the load that level_of chooses among all."""
    yield ("", "connections", "mod_shop, /s", "static file", "mod_cache", "fastest alternative", "fastest behind httpd")
    for workload, levels in figures["results"].items():
        level = level_of(levels)
        found = levels[level]
        others = [name for name in found if name != "static" and not name.startswith("mod_")]
        behind = [name for name in others if name.endswith("_httpd")]
        direct = [name for name in others if name not in behind]
        shop = found["mod_shop"].get("rate")
        yield (figures["titles"][workload], level, "%.0f" % shop["median"] if shop else "-",
               *(beside_fastest(found, names, figures["contenders"])
                 for names in (["static"], ["mod_cache"], direct, behind)))


def aligned(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                      for i, (cell, width) in enumerate(zip(row, widths))) for row in rows]


def heading(figures):
    m = figures["machine"]
    return ["%s, revision %s" % (figures["date"], figures["revision"]),
            "%s, %d cores, %.1f GiB, Linux %s, load before: %.2f" % (m["cpu"], m["cores"], m["memory_gib"], m["kernel"],
                                                                   m["load_before"]),
            "store %s, %d products, %d slices of %d s each; %s" % (
                figures["store"], figures["products"], figures["rounds"], figures["seconds"],
                ", ".join("%s %s" % pair for pair in sorted(figures["versions"].items())))]


def text(figures):
    lines = heading(figures) + ["Ratios: median (min..max) over the rounds, each against the static file of the same "
                                "bytes in the same round."]
    for workload, levels in figures["results"].items():
        for connections, found in levels.items():
            lines += ["", "%s, %s connections, %d bytes" % (figures["titles"][workload], connections,
                                                            figures["bytes"][workload])]
            lines += aligned(rows_of(found, figures["contenders"]))
    if figures.get("bare"):
        lines += ["", "mod_shop against the bare driver calls, one connection"]
        lines += aligned([("", "commands", "mod_shop p50 us", "bare p50 us", "ratio")] + [
            (figures["titles"][name], str(one["commands"]), "%.0f" % one["mod_shop_p50_us"]["median"],
             "%.0f" % one["bare_p50_us"]["median"], ratio(one["ratio"])) for name, one in figures["bare"].items()])
    return "\n".join(lines)


# -- growth, memory ----------------------------------------------------------------------------------------------------

def latency_rows(first, found):
    """Figures by size: {"1000": {"p50_us": ..., "ratio": ...}} as rows."""
    yield (first, "p50 us", "ratio")
    for key, one in found.items():
        yield (key, "%.0f" % one["p50_us"]["median"], ratio(one["ratio"]))


def growth_tables(figures):
    for mode in ("cached", "uncached"):
        for kind, found in figures[mode].items():
            yield "%s, %s" % (kind, mode), list(latency_rows("products", found))
    yield "list, uncached, largest catalogue", list(latency_rows("page", figures["pages"]))
    for kind, title in (("list", "GET /api/orders"), ("one", "GET /api/orders/{id}")):
        yield title, list(latency_rows("orders of the customer", figures["orders"][kind]))
    rows = [("children", "requests/s", "p50 us", "ratio", "CPU us", "PSS MiB per child")]
    rows += [(key, "%.0f" % one["rate"]["median"], "%.0f" % one["p50_us"]["median"], ratio(one["ratio"]),
              "%.0f" % one["cpu_us"], "%.1f" % (one["pss_kib_per_child"] / 1024))
             for key, one in figures["children"].items()]
    yield "product, cached, 32 connections", rows


def verdict(bound, figures):
    if bound["judged"]:
        return "holds" if bound["held"] else "BROKEN"
    if figures["check"]:
        return "measured, not judged: --check"
    return "measured, not judged: no mongod but %s, which reads the whole range before limit" % figures["store"]


def bound_rows(figures):
    yield ("promised", "at most", "measured", "")
    for bound in figures["bounds"]:
        yield (bound["what"], "%.1f" % bound["bound"], ratio(bound["ratio"]), verdict(bound, figures))


def growth(figures):
    lines = ["store %s; ratios of p50: median (min..max) of %d rounds, each against the first line in its round" % (
        figures["store"], figures["rounds"])]
    for title, rows in growth_tables(figures):
        lines += ["", title] + aligned(rows)
    return lines + [""] + aligned(bound_rows(figures))


def memory_rows(figures):
    yield ("requests", "largest child, RSS MiB", "PSS MiB")
    for one in figures["samples"]:
        yield (str(one["requests"]), "%.1f" % (one["rss_kib"] / 1024), "%.1f" % (one["pss_kib"] / 1024))


def memory_verdicts(figures):
    for member, title in (("rss", "resident (RSS)"), ("pss", "its share (PSS)")):
        one = figures[member]
        yield "%s: %.1f MiB in the second quarter, %.1f MiB in the last: %s" % (
            title, one["early_kib"] / 1024, one["late_kib"] / 1024, "flat" if one["flat"] else "GROWS")


def memory(figures):
    mix = ", ".join("%s %d" % pair for pair in figures["mix"].items())
    return ["store %s, %.0f s; %s" % (figures["store"], figures["seconds"], mix), ""] + aligned(
        memory_rows(figures)) + [""] + list(memory_verdicts(figures))


# -- orders ------------------------------------------------------------------------------------------------------------

def order_rows(figures, kind):
    """One row a contender; ratios to the Go contender on the same store."""
    yield ("", "store", "orders/s", "of Go", "p50 ms", "of Go", "p99 ms", "store us", "of Go")
    for name, one in figures["results"][kind].items():
        title, store = figures["contenders"][name]["title"] + notes(one), figures["contenders"][name]["store"]
        if "rate" not in one:
            yield (title, store) + ("-",) * 7
            continue
        yield (title, store, "%.0f" % one["rate"]["median"], ratio(one["rate_ratio"]),
               "%.2f" % (one["p50_us"]["median"] / 1000), ratio(one["p50_ratio"]),
               "%.2f" % (one["p99_us"]["median"] / 1000), "%.0f" % one["store_us"]["median"], ratio(one["store_ratio"]))


AIMS = (
    # what, aim, how it is found: kind, suffix of the contender, member, or member of what it stands beside
    ("orders/s, 32 buyers: of Go's", "at least 1.0", ("spread", "", "rate_ratio")),
    ("one buyer's p50: of Go's", "at most 1.1", ("single", "", "p50_ratio")),
    ("store's processor time an order, 32 buyers: of Go's", "at most 0.9", ("spread", "", "store_ratio")),
    ("orders/s, 32 buyers of one product: of 32 buyers of 60", "at least 0.8", ("hot", "", ("spread", "rate"))),
    ("orders/s, 32 buyers of one product: of Go's", "", ("hot", "", "rate_ratio")),
    ("replica set, orders/s, 32 buyers: of Go's with a transaction", "above 1.0", ("spread", "_rs", ("go_tx", "rate"))),
    ("replica set, one product: of Go's with a transaction", "", ("hot", "_rs", ("go_tx", "rate"))),
    ("replica set, one buyer's p50: of Go's with a transaction", "", ("single", "_rs", ("go_tx", "p50"))),
    ("replica set, store's processor time an order: of Go's with a transaction", "",
     ("spread", "_rs", ("go_tx", "store"))),
    ("orders/s, 32 buyers: of the bare driver calls", "", ("spread", "", ("bare", "rate"))),
    ("store's processor time an order: of the bare driver calls", "", ("spread", "", ("bare", "store"))),
    ("p50 of a cart read, one connection: of the bare driver calls", "at most 1.5", ("bare", "cart")),
    ("p50 of an addition: of the bare driver calls", "", ("bare", "cart_add")),
    ("p50 of an order: of the bare driver calls", "", ("bare", "order")),
)


def aimed(figures, shop, place):
    if place[0] == "bare":
        return figures["bare"].get(shop, {}).get(place[1], {}).get("ratio")
    kind, suffix, member = place
    one = figures["results"].get(kind, {}).get(shop + suffix, {})
    if isinstance(member, tuple):
        return one.get("beside", {}).get(member[0], {}).get(member[1])
    return one.get(member)


def aim_rows(figures):
    """What is wanted of orders, and what was measured; no verdict: one run of one machine proves nothing."""
    shops = [name for name in ("mod_shop", "mod_shop_old") if name in figures["contenders"]]
    yield ("", "aim") + tuple(figures["contenders"][name]["title"] for name in shops)
    for what, aim, place in AIMS:
        found = [aimed(figures, shop, place) for shop in shops]
        if any(found):
            yield (what, aim) + tuple(ratio(one) for one in found)


def bare_order_rows(figures):
    yield ("", "commands", "p50 us", "bare p50 us", "ratio")
    for shop, found in figures["bare"].items():
        for name, one in found.items():
            yield ("%s, %s" % (figures["titles"][name], figures["contenders"][shop]["title"]), str(one["commands"]),
                   "%.0f" % one["mod_shop_p50_us"]["median"], "%.0f" % one["bare_p50_us"]["median"],
                   ratio(one["ratio"]))


def orders(figures):
    lines = heading(figures) + ["Ratios: median (least..most) of %d rounds, each within its round." % figures["rounds"],
                                ""] + aligned(aim_rows(figures))
    for kind in figures["results"]:
        lines += ["", figures["kinds"][kind]] + aligned(order_rows(figures, kind))
    return lines + ([""] + aligned(bare_order_rows(figures)) if figures["bare"] else [])
