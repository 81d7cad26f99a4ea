# SPDX-License-Identifier: MIT
"""Orders beside the Go contender: two servers of MongoDB's own, the contenders on each, slices in turn."""
import json
import os
import re

from harness import bare, measure, tools, workloads
from harness.system import Failed, Group, free_port, run, say, wait_for_port
from harness.world import SHOP_DATABASES, Contender, World

ALONE, REPLICA = "standalone", "replica set"
PRODUCTS, LINES = 60, 3
# name: title, connections, carts
KINDS = {
    "spread": ("32 buyers, %d products" % PRODUCTS, 32, "%dx%d" % (PRODUCTS, LINES)),
    "hot": ("32 buyers, one product in every cart", 32, "hot%dx%d" % (PRODUCTS, LINES)),
    "single": ("one buyer", 1, "%dx%d" % (PRODUCTS, LINES)),
}
LONGEST_S = 12  # of a slice in which nobody was answered


class OrderWorld(World):
    """The contenders that place orders: on a standalone server, and on a replica set of one, which transactions need.
    Each has a database of its own, made anew, with the indexes that its build of the shop makes."""

    def start_store(self):
        super().start_store()
        self.servers = {ALONE: self.backing[0]} if self.backing else {}
        if ALONE not in self.servers or self.store_kind != "mongod":
            raise Failed("the store is %s; orders are measured on a mongod that was started here" % self.store_kind)
        if REPLICA in self.options.stores:
            self.start_replica()

    def start_replica(self):
        """The same program with --replSet, on an empty folder."""
        program = os.readlink("/proc/%d/exe" % self.servers[ALONE].pid)
        place, port = os.path.join(self.folder, "replica"), free_port()
        os.makedirs(place)
        log = os.path.join(self.folder, "replica.log")
        group = Group("replica", [program, "--dbpath", place, "--bind_ip", "127.0.0.1", "--port", port,
                                  "--nounixsocket", "--quiet", "--wiredTigerCacheSizeGB", "0.5", "--replSet", "bench",
                                  "--oplogSize", "512", "--setParameter", "diagnosticDataCollectionEnabled=false"], log)
        self.groups.append(group)
        wait_for_port(port, group.process, "the replica set", log)
        self.replica_uri = "mongodb://127.0.0.1:%d/shop?directConnection=true" % port
        self.loader("replica", self.replica_uri)
        self.servers[REPLICA] = group
        self.backing.append(group)

    def databases(self):
        yield from zip(SHOP_DATABASES, (shopctl for _, shopctl in self.builds))
        yield "bench_bare", self.shopctl
        yield "bench_go", self.shopctl
        if self.options.needed:
            yield "bench_go_needed", self.shopctl
        if REPLICA in self.servers:
            for name in ("bench_shop_rs", "bench_go_rs", "bench_go_tx"):
                self.homes[name] = self.replica_uri
                yield name, self.shopctl

    def drop_stale(self, uri, shopctl):
        """All of them were dropped."""

    def load(self):
        self.loader("drop", *(self.uri_of(name) for name, _ in self.databases()))
        super().load()
        names = [name for name, _ in self.databases() if name not in (SHOP_DATABASES[1], "bench_go_needed")]
        self.indexes = json.loads(self.loader("same", *map(self.uri_of, names)))
        if self.options.needed:
            self.loader("needed", self.uri_of("bench_go_needed"))

    def start_shops(self):
        self.key_file = self.write_key()
        self.serve_shop("mod_shop", "mod_shop", self.module, "bench_shop")
        if len(self.builds) > 1:
            self.serve_shop("mod_shop_old", "mod_shop (old)", self.builds[1][0], SHOP_DATABASES[1])
        if REPLICA in self.servers:
            self.serve_shop("mod_shop_rs", "mod_shop", self.module, "bench_shop_rs")

    def start_alternatives(self):
        title, command, folder = self.command_of("go")
        self.start_alternative("go", title, command, folder)
        if self.options.needed:
            self.start_alternative("go_needed", title + ", only the indexes it needs", command, folder)
        if REPLICA in self.servers:
            self.start_alternative("go_rs", title, command, folder)
            self.start_alternative("go_tx", title + ", transaction", command, folder, {"TRANSACTION": "1"})

    def start_edge(self):
        """Nothing stands beside them but the bare driver calls."""
        self.contenders.append(Contender("bare", "bare driver calls", 0, [], "bench_bare"))

    def store_of(self, contender):
        return REPLICA if contender.database in self.homes else ALONE

    def baseline_of(self, contender):
        return "go_rs" if self.store_of(contender) == REPLICA else "go"

    def fill(self, contender):
        """Full carts; the orders until now. Nobody places one, since drained waited for that."""
        found = self.refill(contender, "fill")
        return json.loads(found) if found else self.drained(contender)

    def drained(self, contender):
        server = self.servers[self.store_of(contender)]
        return json.loads(self.loader("drained", self.uri_of(contender.database),
                                      server.pid if hasattr(server, "pid") else server.leader))


# -- slices ------------------------------------------------------------------------------------------------------------

def one_slice(world, contender, connections, seconds, asked):
    """Orders of one contender, until nothing of them is left to do; None when none was answered. They are counted in
    the store, since those whose client left at the end cost as much as the others."""
    world.settle()
    before = world.fill(contender)
    server = world.servers[world.store_of(contender)]
    cpu = server.cpu_s()
    world.ordered[contender.database] = world.options.users  # until it is known how many
    if contender.name == "bare":
        counted = {"lost": 0, "refused": 0, **bare.timed(world, world.bare_modes["order"], connections, seconds)}
    else:
        counted, refused = measure.wrk(asked, contender, connections, seconds)
        measure.judge(counted, refused, "%s, %d connections" % (contender.name, connections), False, True)
        counted["rate"] = (counted["requests"] - counted["refused"]) / (counted["microseconds"] / 1e6)
    after = world.drained(contender)
    orders = after["orders"] - before["orders"]
    world.ordered[contender.database] = counted["requests"] + connections + 1
    if orders <= 0 or not counted["requests"]:
        return None
    return {**{name: counted[name] for name in ("rate", "p50", "p99", "lost", "refused")}, "orders": orders,
            "left": after["left"] + after["begun"] - before["begun"],
            "store_us": (after["cpu_s"] - cpu) * 1e6 / orders}


def tried(world, contender, connections, seconds, asked):
    """A slice, twice as long when nothing was answered; or None. The table says so, and the run goes on."""
    try:
        found = one_slice(world, contender, connections, seconds, asked)
        while not found and seconds * 2 <= LONGEST_S:
            seconds *= 2
            found = one_slice(world, contender, connections, seconds, asked)
    except (Failed, OSError) as lost:
        say("lost: %s: %s" % (contender.name, lost))
        return None
    if not found:
        say("lost: %s placed no order in %d s" % (contender.name, seconds))
    return found


def in_turn(items, turn):
    """Every second round backwards."""
    return list(items) if turn % 2 == 0 else list(reversed(list(items)))


def slices_of(world, kinds):
    """{kind: {contender: [slice or None of each round]}}; every kind in every round, so that kinds can be compared
    within a round too."""
    asked = workloads.Workload("order", world)
    found = {kind: {c.name: [] for c in world.contenders} for kind in kinds}
    for turn in range(-1, world.options.rounds):  # the first opens the connections and is not counted
        for kind in in_turn(kinds, turn) if turn >= 0 else list(kinds)[:1]:
            _, connections, world.shape = KINDS[kind]
            for contender in in_turn(world.contenders, turn):
                one = tried(world, contender, connections, 1 if turn < 0 else world.options.seconds, asked)
                if turn >= 0:
                    found[kind][contender.name].append(one)
        say("round %d of %d" % (turn + 1, world.options.rounds) if turn >= 0 else "connections are open")
    return found


# -- figures -----------------------------------------------------------------------------------------------------------

def spread_of(slices, member):
    return measure.spread([s[member] for s in slices if s])


def summary(slices, baselines, others):
    """One contender at one kind; others: {name: their slices}, whose rate is compared besides."""
    measured = [s for s in slices if s]
    found = {"lost": sum(s["lost"] for s in measured), "refused": sum(s["refused"] for s in measured),
             "unmeasured": len(slices) - len(measured)}
    if not measured:
        return found
    found.update({name: spread_of(slices, member) for name, member in (
        ("rate", "rate"), ("p50_us", "p50"), ("p99_us", "p99"), ("store_us", "store_us"))})
    found.update({name: measure.ratios(slices, baselines, member) for name, member in (
        ("rate_ratio", "rate"), ("p50_ratio", "p50"), ("p99_ratio", "p99"), ("store_ratio", "store_us"))})
    found.update(orders=sum(s["orders"] for s in measured), left=sum(s["left"] for s in measured),
                 beside={name: {"rate": measure.ratios(slices, theirs, "rate"),
                                "p50": measure.ratios(slices, theirs, "p50"),
                                "store": measure.ratios(slices, theirs, "store_us")}
                         for name, theirs in others.items()})
    return found


def summaries(world, found):
    """{kind: {contender: summary}}; beside: the bare driver calls, the transaction, and the kind "spread"."""
    results = {}
    for kind, slices in found.items():
        results[kind] = {}
        for contender in world.contenders:
            others = {name: slices[name] for name in ("bare", "go_tx")
                      if name in slices and world.store_of(world.named(name)) == world.store_of(contender)}
            if kind != "spread" and "spread" in found:
                others["spread"] = found["spread"][contender.name]
            results[kind][contender.name] = summary(slices[contender.name], slices[world.baseline_of(contender)],
                                                    others)
    return results


def versions(world):
    """mongod's own word, and the others' as in bench/bin/run."""
    program = os.readlink("/proc/%d/exe" % world.servers[ALONE].pid)
    found = tools.versions(world)
    kept = {name: found[name] for name in ("httpd", "redis", "libmongoc", "mongo-driver (go)", "go-redis", "go")
            if name in found}
    kept["mongod"] = re.search(r"v(\d+\.\d+\.\d+)", run(program, "--version"))[1]
    return kept
