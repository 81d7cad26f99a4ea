# SPDX-License-Identifier: MIT
"""Processes and what the kernel counts about them."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(BENCH)
BUILD = os.path.join(ROOT, "build", "bench")
sys.path.insert(0, os.path.join(ROOT, "scripts"))
from ports import free_port                  # noqa: E402,F401

TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """What stops a run: said in one sentence."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(*command, **options):
    """Standard output of a command that must succeed."""
    options.setdefault("stderr", subprocess.PIPE)
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, **options)
    if done.returncode:
        raise Failed("%s failed (%d): %s" % (" ".join(str(c) for c in command[:3]), done.returncode,
                                             ((done.stderr or "") + done.stdout)[-2000:]))
    return done.stdout


def need_packages(*names):
    """Debian packages, through the project's own installer."""
    run("bash", "-c", '. "$0/scripts/lib.sh" && need_packages "$@"', ROOT, *names, stderr=None)


def wait_for_port(port, process, name, log, seconds=30):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise Failed("%s ended with %d; see %s" % (name, process.returncode, log))
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise Failed("%s does not answer on port %d; see %s" % (name, port, log))


def members(session):
    """Process ids of a session, by the leader's id."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = stat_of(entry)
            if fields and int(fields[3]) == session:
                found.append(int(entry))
    return found


def stat_of(pid):
    """Fields of /proc/PID/stat behind the name: 0 is the state, 3 the session, 11 to 14 times."""
    with contextlib.suppress(OSError):
        with open("/proc/%s/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()
    return None


class Group:
    """A server and its children, in a session of their own."""

    def __init__(self, name, command, log, environment=None, cwd=None):
        self.name, self.log = name, log
        with open(log, "ab") as out:
            self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            start_new_session=True, cwd=cwd, env={**os.environ, **(environment or {})})
        self.leader = self.process.pid

    def cpu_s(self):
        """Seconds of user and system time, of ended and waited-for children too."""
        return cpu_of(members(self.leader))

    def memory_kib(self):
        """(proportional, resident): shared pages divided among their users, or counted by each."""
        return memory_of(members(self.leader))

    def stop(self, seconds=10):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        left = members(self.leader)
        if left:
            time.sleep(0.5)
        for pid in members(self.leader):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)


class Foreign:
    """A server that a script of ours started: store or Redis. Counted, never stopped here."""

    def __init__(self, name, pid):
        self.name, self.pid = name, pid

    def cpu_s(self):
        return cpu_of([self.pid]) if self.pid else 0.0

    def memory_kib(self):
        return memory_of([self.pid]) if self.pid else (0, 0)


def cpu_of(pids):
    ticks = 0
    for pid in pids:
        fields = stat_of(pid)
        if fields:
            ticks += sum(int(fields[i]) for i in (11, 12, 13, 14))
    return ticks / TICKS


def memory_of(pids):
    proportional = resident = 0
    for pid in pids:
        with contextlib.suppress(OSError), open("/proc/%d/smaps_rollup" % pid) as f:
            for line in f:
                if line.startswith("Pss:"):
                    proportional += int(line.split()[1])
                elif line.startswith("Rss:"):
                    resident += int(line.split()[1])
    return proportional, resident


def revision():
    try:
        return run("git", "-C", ROOT, "rev-parse", "--short", "HEAD").strip()
    except (Failed, OSError):
        return "unknown"


def save(figures, path):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as f:
        json.dump(figures, f, indent=1)
        f.write("\n")
    say("figures: " + os.path.relpath(path))


def machine():
    """What the figures were taken on."""
    model = ""
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
    with open("/proc/meminfo") as f:
        total = int(f.readline().split()[1])
    with open("/proc/loadavg") as f:
        load = f.read().split()[0]
    return {"cpu": model, "cores": os.cpu_count(), "memory_gib": round(total / 1048576, 1),
            "kernel": os.uname().release, "load_before": float(load)}
