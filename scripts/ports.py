# SPDX-License-Identifier: MIT
"""Free ports on 127.0.0.1, for tests, benchmark and scripts. Run as a program it prints one."""
import contextlib
import random
import socket

_given = set()


def free_port():
    """Below the range from which the kernel takes ports for outgoing connections, so that a server can stop and come
    back to its port. Many ports are chosen long before their server listens, so none is given twice."""
    for _ in range(1000):
        port = random.randrange(20000, 32000)
        with contextlib.suppress(OSError), socket.socket() as s:
            if port not in _given:
                s.bind(('127.0.0.1', port))
                _given.add(port)
                return port
    raise OSError('no free port on 127.0.0.1 from 20000 to 31999')


if __name__ == '__main__':
    print(free_port())
