# SPDX-License-Identifier: MIT
"""The bare driver calls: a C program that sends the database commands of a request and does nothing else."""
import json
import os
import re
import subprocess
import time

from harness import httpd, measure, tools
from harness.system import Failed, free_port, say
from harness.workloads import COMPARING, ORDER, bearer, product_id
from harness.world import reply

KINDS = {"cart": ("cart",), "cart_add": ("cart_add",), "order": ("order", "order_v2")}  # and the program's sequences
OPERATIONS = {"cart": "showCart", "cart_add": "addToCart", "order": "placeOrder"}
LOG = ['LogFormat "%{SHOP_ROUTE}e %{SHOP_DB_COMMANDS}n" db', "CustomLog logs/db.log db"]


class BARE:
    name, database = "bare", "bench_bare"


def timed(world, mode, connections, seconds):
    """One run of the program; its figures."""
    world.refill(BARE)
    done = subprocess.run([tools.bare(), world.uri_of(BARE.database), mode, str(connections), str(seconds),
                           str(world.options.users)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=seconds + 60)
    if done.returncode:
        raise measure.Lost("bare %s: %s" % (mode, done.stderr[-500:]))
    counted = json.loads(done.stdout)
    if mode in KINDS["order"]:
        world.ordered[BARE.database] = counted["requests"] + connections
    return counted


def commands_of(world):
    """{kind: database commands ahead of its reply}, as the module counts them: in an httpd of its own, for those that
    are timed write no log of requests."""
    name, port = "counted", free_port()
    folder = os.path.join(world.folder, name)
    os.makedirs(folder)
    httpd.write(folder, httpd.base(folder, port, children=1, threads=4) + httpd.shop(
        world.module, world.uri_of("bench_shop"), world.redis_port, world.key_file, name, True) + LOG)
    world.trust_sessions(name)
    group, one = world.begin(name, httpd.command(folder), port), bearer(world, 6)
    for _ in range(4):  # until the child knows the cart's product
        reply(port, "/api/cart", "POST", {"product_id": product_id(42), "quantity": 1}, one)
        reply(port, "/api/cart", headers=one)
    reply(port, "/api/orders", "POST", ORDER, one)
    world.ordered["bench_shop"] = COMPARING
    time.sleep(0.5)  # httpd logs behind its reply
    group.stop()
    world.groups.remove(group)
    with open(os.path.join(folder, "logs", "db.log")) as f:
        lines = re.findall(r"^(\S+) (\d+)$", f.read(), re.M)
    found = {kind: [int(n) for route, n in lines if route == operation] for kind, operation in OPERATIONS.items()}
    absent = [kind for kind, seen in found.items() if not seen]
    if absent:
        raise Failed("the module does not count the commands of " + ", ".join(absent))
    return {kind: min(seen) for kind, seen in found.items()}


def sequences(world):
    """({kind: the program's sequence of as many commands as the module sends, or nearly}, {kind: (module, program)})"""
    wanted, modes, counts = commands_of(world), {}, {}
    for kind, known in KINDS.items():
        found = {mode: timed(world, mode, 1, 1)["commands"] for mode in known}
        modes[kind] = min(found, key=lambda mode: abs(found[mode] - wanted[kind]))
        counts[kind] = wanted[kind], found[modes[kind]]
    say("database commands of the module and of the bare program: " + ", ".join(
        "%s %d and %d" % (kind, *pair) for kind, pair in counts.items()))
    return modes, counts


def beside(world, name, asked):
    """{request: this shop and the bare driver calls in turn, one connection: ratio of median latencies, ...}"""
    results, shop = {}, world.named(name)
    for workload in asked:
        pairs = []
        for turn in range(world.options.rounds):
            alone = timed(world, world.bare_modes[workload.name], 1, world.options.seconds)
            served = measure.tried(world, workload, shop, 1, world.options.seconds)
            if served:
                pairs.append((served["p50"], alone["p50"]))
        if pairs:
            results[workload.name] = {
                "ratio": measure.spread([mine / theirs for mine, theirs in pairs]),
                "mod_shop_p50_us": measure.spread([mine for mine, _ in pairs]),
                "bare_p50_us": measure.spread([theirs for _, theirs in pairs]), "commands": alone["commands"]}
    return results
