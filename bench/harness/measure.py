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


class Lost(Failed):
    """A contender that could not be measured: it ended, or answered nothing."""


def slice_of(world, workload, contender, connections, seconds, may_fail=False, warming=False, tolerant=False):
    """One slice of load. One so short that nothing was answered (256 orders at once may take longer than it lasts) is
    taken again, twice as long. warming: nobody needs an answer yet, for pools of connections are only being opened.
    tolerant: connections that were lost and requests that were refused are counted; otherwise they end the run."""
    while True:
        try:
            counted = load(world, workload, contender, connections, seconds, may_fail, tolerant)
        except OSError as error:  # nobody listens any more
            raise Lost("%s, %s: %s" % (contender.name, workload.name, error)) from None
        if counted["requests"] or warming:
            return counted
        if seconds * 2 > LONGEST_S:
            raise Lost("%s, %s, %d connections: nothing was answered in %d s" % (
                contender.name, workload.name, connections, seconds))
        seconds *= 2


def wrk(workload, contender, connections, seconds):
    """(figures of one run of wrk, what the first refused request was answered or None)"""
    address, environment = workload.target(contender)
    done = subprocess.run(["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds, "--timeout", "10s", "-s", SCRIPT,
                           "-H", "Accept: application/json", address], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}, timeout=seconds + 60)
    found = re.search(r"^BENCH (\{.*\})$", done.stdout, re.M)
    if done.returncode or not found:
        raise Lost("wrk failed on %s, %s: %s" % (contender.name, workload.name, (done.stderr or done.stdout)[-500:]))
    refused = re.search(r"^REFUSED (.*)$", done.stdout, re.M)
    counted = json.loads(found[1])
    if counted["spent"]:
        raise Lost("%s answered more orders than there are customers%s; perhaps a larger --users helps" % (
            contender.name, refused and ", the first refused one %s" % refused[1] or ""))
    return counted, refused and refused[1]


def judge(counted, refused, where, may_fail, tolerant):
    """What went wrong is counted, or ends the run. may_fail: 404 and the like are what is wanted."""
    wrong = {name: n for name, n in counted["errors"].items() if n and not (may_fail and name == "status")}
    counted["refused"] = wrong.get("status", 0)
    counted["lost"] = sum(wrong.values()) - counted["refused"]
    if not wrong:
        return
    text = "%s: errors %s in %d requests%s" % (where, wrong, counted["requests"],
                                               refused and "; the first refused " + refused or "")
    if not tolerant:
        raise Failed(text)
    say(text)


def load(world, workload, contender, connections, seconds, may_fail, tolerant=False):
    """One run of wrk; what it and the kernel counted meanwhile."""
    world.settle()
    if workload.once and not contender.static:
        try:
            world.refill(contender)
        except Failed as failure:
            raise Lost(str(failure)) from None
    if workload.name in CACHED and not contender.static:  # who asks first after 60 s is not what is timed
        reply(contender.port, workload.path)
    processor = contender.cpu_s(), [group.cpu_s() for group in world.backing]
    if workload.once and not contender.static:
        world.ordered[contender.database] = world.options.users  # until wrk reports how many
    counted, refused = wrk(workload, contender, connections, seconds)
    judge(counted, refused, "%s, %s, %d connections" % (contender.name, workload.name, connections), may_fail, tolerant)
    if workload.once and not contender.static:
        # answered, cut off, and the one that wrk makes only to look at it
        world.ordered[contender.database] = counted["requests"] + connections + 1
    counted["rate"] = (counted["requests"] - counted["refused"]) / (counted["microseconds"] / 1e6)
    counted["cpu_us"] = (contender.cpu_s() - processor[0]) * 1e6
    counted["backing_cpu_us"] = sum(group.cpu_s() - before
                                    for group, before in zip(world.backing, processor[1])) * 1e6
    counted["pss_kib"], counted["rss_kib"] = contender.memory_kib()
    return counted


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def ratios(slices, baselines, member):
    """Within each round in which both were measured; none where they never were."""
    found = [s[member] / (b[member] or 1) for s, b in zip(slices, baselines) if s and b]
    return spread(found) if found else None


def summary(slices, baselines):
    """One contender at one load: ratios are taken within a round, then their median. A round in which it could not be
    measured holds None instead of a slice."""
    measured = [s for s in slices if s]
    found = {"lost": sum(s["lost"] for s in measured), "refused": sum(s["refused"] for s in measured),
             "unmeasured": len(slices) - len(measured)}
    if not measured:
        return found
    requests = sum(s["requests"] for s in measured)
    return {
        **found,
        "rate": spread([s["rate"] for s in measured]),
        "rate_ratio": ratios(slices, baselines, "rate"),
        "p50_us": spread([s["p50"] for s in measured]),
        "p99_us": spread([s["p99"] for s in measured]),
        "p50_ratio": ratios(slices, baselines, "p50"),
        "p99_ratio": ratios(slices, baselines, "p99"),
        "cpu_us_per_request": sum(s["cpu_us"] for s in measured) / requests,
        "backing_cpu_us_per_request": sum(s["backing_cpu_us"] for s in measured) / requests,
        "pss_mib": max(s["pss_kib"] for s in measured) / 1024,
        "rss_mib": max(s["rss_kib"] for s in measured) / 1024,
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


def tried(world, workload, contender, connections, seconds, warming=False):
    """A slice, or None where the contender was lost: the run goes on with the others, and the table says so."""
    try:
        return slice_of(world, workload, contender, connections, seconds, warming=warming, tolerant=True)
    except Lost as lost:
        say("lost: %s" % lost)
        return None


def measure(world, steps):
    """{workload: {connections: {contender: summary}}}"""
    results, warm, options = {}, set(), world.options
    for workload, connections, contenders in steps:
        for contender in contenders:
            if (workload.name, contender.name) not in warm:
                warm.add((workload.name, contender.name))
                tried(world, workload, contender, connections, options.warm, warming=True)
        slices, seconds = {contender.name: [] for contender in contenders}, seconds_for(workload, options)
        for turn in range(options.rounds):
            for contender in contenders:
                slices[contender.name].append(tried(world, workload, contender, connections, seconds))
        found = {name: summary(mine, slices["static"]) for name, mine in slices.items()}
        results.setdefault(workload.name, {})[str(connections)] = found
        say("%-9s %3d connections: %s" % (workload.name, connections, ", ".join(
            "%s %.0f/s" % (name, one["rate"]["median"]) if "rate" in one else name + " lost"
            for name, one in found.items())))
    return results
