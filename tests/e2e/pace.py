# SPDX-License-Identifier: MIT
"""How late this machine is, so that a promise in seconds is judged by what the shop did and not by what else ran.

A thread sleeps 20 ms again and again and notes each sleep that was longer: for so long nobody here got a processor.
"""
import collections
import threading
import time

STEP = 0.02
LEAST = 0.005                                            # seconds that every machine may be late
PARTIES = 3                                              # the test, httpd and a server behind it wait one after another


class Pace:
    def __init__(self):
        self.notes = collections.deque(maxlen=50000)     # (when a sleep ended, how much it was too long)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            began = time.monotonic()
            time.sleep(STEP)
            now = time.monotonic()
            if now - began - STEP > LEAST:
                self.notes.append((now, now - began - STEP))

    def _since(self, since, until=None):
        until = until or time.monotonic()
        return [late for ended, late in list(self.notes) if ended > since and ended - late < until]

    def late(self, since, until=None):
        """Seconds of that span in which a thread that wanted to run did not; a span still under way ends now."""
        return sum(self._since(since, until))

    def worst(self, since, until=None):
        return max(self._since(since, until), default=0.0)

    def allowed(self, seconds, since, until=None):
        """What a promise of so many seconds means on this machine in this span."""
        return seconds + PARTIES * self.late(since, until)


pace = Pace()
