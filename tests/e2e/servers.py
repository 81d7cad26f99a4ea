# SPDX-License-Identifier: MIT
"""Servers a test starts for itself: a Redis, and a proxy before the store that can refuse, stall and cut.

`python3 servers.py LISTEN_PORT HOST PORT` runs the proxy alone, as a process that can be stopped by SIGSTOP.
"""
import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from wire import Store

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../scripts'))
from ports import free_port                  # noqa: E402


class Redis:
    """A redis-server of the test's own, without files, ended by its id."""

    def __init__(self):
        self.port, self.process = free_port(), None
        self.start()

    def start(self):
        if self.process is not None:
            raise RuntimeError('this redis-server was started already')
        program = shutil.which('redis-server')
        if not program:
            raise RuntimeError('redis-server is not on PATH')
        self.process = subprocess.Popen([program, '--port', str(self.port), '--bind', '127.0.0.1', '--save', '',
                                         '--appendonly', 'no', '--dir', '/tmp'], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            with contextlib.suppress(OSError):
                with socket.create_connection(('127.0.0.1', self.port), 1) as s:
                    s.sendall(b'PING\r\n')
                    if s.recv(64).startswith(b'+PONG'):
                        return
            time.sleep(0.02)
        raise RuntimeError('redis-server did not answer')

    def stop(self):
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
            self.process = None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)


class OwnStore:
    """A store of the test's own, begun by scripts/store, that may be killed and started again on the same data."""

    def __init__(self, folder, kind=''):
        self.folder = folder
        self.script = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../scripts/store')
        self.stop()
        shutil.rmtree(os.path.join(folder, 'store'), ignore_errors=True)
        done = self._call('start', *(('--kind', kind) if kind else ()))
        if done.returncode:
            raise RuntimeError('no store of the test\'s own: ' + done.stderr[-2000:])
        said = dict(line.split('=', 1) for line in done.stdout.splitlines() if '=' in line)
        self.uri, self.kind, self.pid = said['SHOP_MONGO_URI'], said['SHOP_MONGO_KIND'], int(said['SHOP_MONGO_PID'])
        self.port, self.process = int(self.uri.split('/')[2].rpartition(':')[2]), None
        with open('/proc/%d/cmdline' % self.pid) as f:
            self.command = f.read().split('\0')[:-1]

    def _call(self, *words):
        without = ('SHOP_MONGO_URI', 'SHOP_MONGO_PID', 'SHOP_MONGO_KIND', 'SHOP_STORE_KIND')
        return subprocess.run([self.script, words[0], '--dir', self.folder, *words[1:]], capture_output=True, text=True,
                              env={k: v for k, v in os.environ.items() if k not in without}, timeout=300)

    def alive(self):
        with contextlib.suppress(OSError), open('/proc/%d/stat' % self.pid) as f:
            return f.read().rpartition(')')[2].split()[0] not in 'ZX'
        return False

    def kill(self):
        """Gone without a word, as by kill -9."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait(10)
        limit = time.monotonic() + 10
        while self.alive() and time.monotonic() < limit:
            time.sleep(0.01)

    def start(self, seconds=180):
        """Again on the same port and data."""
        keep = {k: v for k, v in os.environ.items() if not k.startswith('SECANTUS_')}
        with open(os.path.join(self.folder, 'store', 'restarted.log'), 'ab') as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=keep)
        self.pid, limit = self.process.pid, time.monotonic() + seconds
        while time.monotonic() < limit and self.process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return
            time.sleep(0.05)
        raise RuntimeError('the store did not come back; its log is in ' + self.folder)

    def pause(self):
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)

    def stop(self):
        if getattr(self, 'process', None) is not None:
            self.resume()
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None
        if os.path.isdir(self.folder):
            self._call('stop')


class OwnReplicas:
    """Three servers of MongoDB's own as one replica set, which may be struck. command is how one of them is begun, as
    OwnStore has it."""
    NAME, MEMBERS = 'shop', 3

    def __init__(self, folder, command):
        shutil.rmtree(folder, ignore_errors=True)
        self.folder, self.program = folder, command[0]
        self.ports, self.processes = [], {}
        try:
            for _ in range(self.MEMBERS):
                self.ports.append(free_port())
                self.start(self.ports[-1])
            self.uri = 'mongodb://%s/shop?replicaSet=%s' % (','.join(map(self._host, self.ports)), self.NAME)
            self._initiate()
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def _host(port):
        return '127.0.0.1:%d' % port

    def _initiate(self):
        first = Store('mongodb://' + self._host(self.ports[0]), 'admin')
        first.command({'replSetInitiate': {
            '_id': self.NAME, 'members': [{'_id': i, 'host': self._host(port)} for i, port in enumerate(self.ports)],
            'settings': {'electionTimeoutMillis': 2000, 'heartbeatTimeoutSecs': 2}}})
        first.close()
        self.admin(180).close()

    def start(self, port, seconds=180):
        place = os.path.join(self.folder, str(port))
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(self.folder, '%d.log' % port), 'ab') as log:
            process = subprocess.Popen(
                [self.program, '--dbpath', place, '--bind_ip', '127.0.0.1', '--port', str(port), '--nounixsocket',
                 '--quiet', '--replSet', self.NAME, '--oplogSize', '64', '--wiredTigerCacheSizeGB', '0.25'],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes[port], limit = process, time.monotonic() + seconds
        while time.monotonic() < limit and process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(('127.0.0.1', port), 1).close()
                return
            time.sleep(0.05)
        raise RuntimeError('a member of the replica set did not start; its log is in ' + self.folder)

    def admin(self, seconds=30):
        """A connection to whoever is the primary by now."""
        return Store(self.uri, 'admin', timeout=seconds)

    def kill_primary(self):
        """Gone without a word; its port, for start()."""
        primary = self.admin()
        port = primary.sock.getpeername()[1]
        primary.close()
        self.processes[port].kill()
        self.processes[port].wait(10)
        return port

    def stop(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait(10)


class Proxy:
    """TCP from a port of its own to (host, port). pass_on, refuse, stall and cut say what it does from now on; delay
    is how many seconds late each piece of a reply comes; lose_reply takes one reply away; on_request(connection, data)
    is called with what is sent to the server."""

    def __init__(self, host, port, listen=None):
        self.target, self.port = (host, port), listen or free_port()
        self.flow, self.delay = threading.Event(), 0.0
        self.marker, self.turns, self.on_request = b'', 0, None
        self.pairs, self.lock, self.listener = set(), threading.Lock(), None
        self.pass_on()

    def pass_on(self):
        self.flow.set()
        if self.listener is None:
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(('127.0.0.1', self.port))
            s.listen(256)
            self.listener = s
            threading.Thread(target=self._accept, args=(s,), daemon=True).start()

    def refuse(self):
        """As a server that has ended: connections break, new ones are refused."""
        s, self.listener = self.listener, None
        if s is not None:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()
        self.cut()

    def stall(self):
        """As a server that hangs: connections are taken and nothing is ever said."""
        self.flow.clear()

    def cut(self):
        """Every present connection breaks with a reset."""
        with self.lock:
            pairs, self.pairs = self.pairs, set()
        for pair in pairs:
            for s in pair:
                with contextlib.suppress(OSError):
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                    s.shutdown(socket.SHUT_RDWR)
                with contextlib.suppress(OSError):
                    s.close()

    def lose_reply(self, marker, turn=1):
        """The turn-th request from now that contains marker is passed on, and its connection breaks when the reply
        comes: it was applied, and nobody says so."""
        with self.lock:
            self.marker, self.turns = marker, turn

    def lost(self):
        return not self.turns

    def _is_to_lose(self, data):
        with self.lock:
            if not self.turns or self.marker not in data:
                return False
            self.turns -= 1
            return not self.turns

    def close(self):
        self.refuse()
        self.flow.set()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        self.flow.wait()
        try:
            far = socket.create_connection(self.target, 5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        for s in (near, far):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (near, far)
        with self.lock:
            self.pairs.add(pair)
        struck = threading.Event()
        threading.Thread(target=self._pump, args=(far, near, pair, struck), daemon=True).start()
        self._pump(near, far, pair, struck)

    def _pump(self, source, sink, pair, struck):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                if not data:
                    break
                self.flow.wait()
                if source is pair[0]:
                    if self.on_request:
                        self.on_request(pair, data)
                    if self._is_to_lose(data):
                        struck.set()
                elif struck.is_set():
                    break
                elif self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
        with self.lock:
            self.pairs.discard(pair)
        for s in pair:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                s.close()


class ProxyProcess:
    """The proxy as a process: pause() stops it as SIGSTOP stops a server."""

    def __init__(self, host, port):
        self.port = free_port()
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), str(self.port), host, str(port)],
                                        stdin=subprocess.DEVNULL)
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            with contextlib.suppress(OSError):
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return
            time.sleep(0.02)
        raise RuntimeError('the proxy did not start')

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.resume()
        self.process.terminate()
        self.process.wait(5)


if __name__ == '__main__':
    Proxy(sys.argv[2], int(sys.argv[3]), int(sys.argv[1]))
    while True:
        signal.pause()
