# SPDX-License-Identifier: MIT
"""Slices of load, in turn, and what they say."""
import json
import os
import re
import statistics
import subprocess

from harness.system import BENCH, Failed, say
from harness.workloads import CACHED
from harness.world import reply

SCRIPT = os.path.join(BENCH, "harness/report.lua")
LONGEST_S = 32


def slice_of(world, workload, contender, connections, seconds, may_fail=False, warming=False):
    """One slice of load. One so short that nothing was answered (256 orders at once may take longer than it lasts) is
    taken again, twice as long. warming: nobody needs an answer yet, for pools of connections are only being opened."""
    while True:
        counted = load(world, workload, contender, connections, seconds, may_fail)
        if counted["requests"] or warming:
            return counted
        if seconds * 2 > LONGEST_S:
            raise Failed("%s, %s, %d connections: nothing was answered in %d s" % (
                contender.name, workload.name, connections, seconds))
        seconds *= 2


def load(world, workload, contender, connections, seconds, may_fail):
    """One run of wrk; what it and the kernel counted meanwhile. may_fail: 404 and the like are what is wanted."""
    address, environment = workload.target(contender)
    world.settle()
    if workload.once and not contender.static:
        world.refill(contender)
    if workload.name in CACHED and not contender.static:  # who asks first after 60 s is not what is timed
        reply(contender.port, workload.path)
    processor = contender.cpu_s(), [group.cpu_s() for group in world.backing]
    done = subprocess.run(["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds, "--timeout", "10s", "-s", SCRIPT,
                           "-H", "Accept: application/json", address], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}, timeout=seconds + 60)
    found = re.search(r"^BENCH (\{.*\})$", done.stdout, re.M)
    if done.returncode or not found:
        raise Failed("wrk failed on %s, %s: %s" % (contender.name, workload.name, done.stderr[-500:]))
    counted = json.loads(found[1])
    wrong = {name: n for name, n in counted["errors"].items() if n and not (may_fail and name == "status")}
    if counted["spent"]:
        raise Failed("%s placed more orders than there are customers; run again with a larger --users" % contender.name)
    if wrong:
        refused = re.search(r"^REFUSED (.*)$", done.stdout, re.M)
        raise Failed("%s, %s, %d connections: errors %s in %d requests%s" % (
            contender.name, workload.name, connections, wrong, counted["requests"],
            refused and "; the first refused " + refused[1] or ""))
    if workload.once and not contender.static:
        # answered, cut off, and the one that wrk makes only to look at it
        world.ordered[contender.database] = counted["requests"] + connections + 1
    counted["rate"] = counted["requests"] / (counted["microseconds"] / 1e6)
    counted["cpu_us"] = (contender.cpu_s() - processor[0]) * 1e6
    counted["backing_cpu_us"] = sum(group.cpu_s() - before
                                    for group, before in zip(world.backing, processor[1])) * 1e6
    counted["pss_kib"], counted["rss_kib"] = contender.memory_kib()
    return counted


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def summary(slices, baselines):
    """One contender at one load: ratios are taken within a round, then their median."""
    requests = sum(s["requests"] for s in slices)
    return {
        "rate": spread([s["rate"] for s in slices]),
        "rate_ratio": spread([s["rate"] / b["rate"] for s, b in zip(slices, baselines)]),
        "p50_us": spread([s["p50"] for s in slices]),
        "p99_us": spread([s["p99"] for s in slices]),
        "p50_ratio": spread([s["p50"] / max(b["p50"], 1) for s, b in zip(slices, baselines)]),
        "p99_ratio": spread([s["p99"] / max(b["p99"], 1) for s, b in zip(slices, baselines)]),
        "cpu_us_per_request": sum(s["cpu_us"] for s in slices) / requests,
        "backing_cpu_us_per_request": sum(s["backing_cpu_us"] for s in slices) / requests,
        "pss_mib": max(s["pss_kib"] for s in slices) / 1024,
        "rss_mib": max(s["rss_kib"] for s in slices) / 1024,
        "requests": requests,
    }


def seconds_for(workload, options):
    """32 sign-ins at once take more than a second before the first is answered."""
    return max(options.seconds, 3) if workload.name == "login" else options.seconds


def connections_of(workload, options):
    """Many sign-ins at once measure only a queue."""
    return [c for c in options.connections if workload.name != "login" or c <= 32] or options.connections[:1]


def plan(world, workloads):
    return [(workload, count, [c for c in world.contenders if workload.name in c.workloads])
            for workload in workloads for count in connections_of(workload, world.options)]


def seconds_of(steps, options):
    """What the plan will take at least, in seconds: slices, warm-ups, and filling carts between."""
    total = warmed = 0
    seen = set()
    for workload, _, contenders in steps:
        total += len(contenders) * options.rounds * (seconds_for(workload, options) + (1.8 if workload.once else 0.5))
        for contender in contenders:
            if (workload.name, contender.name) not in seen:
                seen.add((workload.name, contender.name))
                warmed += options.warm
    return total + warmed


def measure(world, steps):
    """{workload: {connections: {contender: summary}}}"""
    results, warm, options = {}, set(), world.options
    for workload, connections, contenders in steps:
        for contender in contenders:
            if (workload.name, contender.name) not in warm:
                warm.add((workload.name, contender.name))
                slice_of(world, workload, contender, connections, options.warm, warming=True)
        slices, seconds = {contender.name: [] for contender in contenders}, seconds_for(workload, options)
        for turn in range(options.rounds):
            for contender in contenders:
                slices[contender.name].append(slice_of(world, workload, contender, connections, seconds))
        found = {name: summary(mine, slices["static"]) for name, mine in slices.items()}
        results.setdefault(workload.name, {})[str(connections)] = found
        say("%-9s %3d connections: %s" % (workload.name, connections, ", ".join(
            "%s %.0f/s" % (name, one["rate"]["median"]) for name, one in found.items())))
    return results


def bare_run(world, program, mode, connections, seconds):
    """The driver's commands of one route, alone."""
    world.refill(BARE)
    done = subprocess.run([program, world.uri_of(BARE.database), mode, str(connections), str(seconds),
                           str(world.options.users)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=seconds + 60)
    if done.returncode:
        raise Failed("bare %s: %s" % (mode, done.stderr[-500:]))
    counted = json.loads(done.stdout)
    if mode == "order":
        world.ordered[BARE.database] = counted["requests"] + connections
    return counted


class BARE:
    name, database = "bare", "bench_bare"


def against_bare(world, program, workloads):
    """mod_shop and the bare driver in turn, one connection: {workload: ratio of median latencies, ...}"""
    results = {}
    shop = world.named("mod_shop")
    for workload in workloads:
        ratios, mine, theirs = [], [], []
        for turn in range(world.options.rounds):
            bare = bare_run(world, program, workload.name, 1, world.options.seconds)
            served = slice_of(world, workload, shop, 1, world.options.seconds)
            ratios.append(served["p50"] / bare["p50"])
            mine.append(served["p50"])
            theirs.append(bare["p50"])
        results[workload.name] = {"ratio": spread(ratios), "mod_shop_p50_us": spread(mine),
                                  "bare_p50_us": spread(theirs), "commands": bare["commands"]}
    return results
