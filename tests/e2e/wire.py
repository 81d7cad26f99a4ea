# SPDX-License-Identifier: MIT
"""The little of MongoDB's wire protocol that a test needs to change what no route changes. No authentication."""
import datetime
import socket
import struct
import time


class ObjectId:
    def __init__(self, hexa):
        self.raw = bytes.fromhex(hexa)

    def __str__(self):
        return self.raw.hex()

    def __eq__(self, other):
        return isinstance(other, ObjectId) and other.raw == self.raw


class RawDocument(bytes):
    """A document as the store has it, byte by byte: no type is lost on the way."""


def _element(name, value):
    key = name.encode() + b'\0'
    if isinstance(value, RawDocument):
        return b'\x03' + key + value
    if isinstance(value, bool):
        return b'\x08' + key + (b'\1' if value else b'\0')
    if value is None:
        return b'\x0a' + key
    if isinstance(value, ObjectId):
        return b'\x07' + key + value.raw
    if isinstance(value, str):
        data = value.encode() + b'\0'
        return b'\x02' + key + struct.pack('<i', len(data)) + data
    if isinstance(value, int):
        if -2**31 <= value < 2**31:
            return b'\x10' + key + struct.pack('<i', value)
        return b'\x12' + key + struct.pack('<q', value)
    if isinstance(value, datetime.datetime):
        return b'\x09' + key + struct.pack('<q', round(value.timestamp() * 1000))
    if isinstance(value, float):
        return b'\x01' + key + struct.pack('<d', value)
    if isinstance(value, dict):
        return b'\x03' + key + encode(value)
    if isinstance(value, (list, tuple)):
        return b'\x04' + key + encode({str(i): v for i, v in enumerate(value)})
    raise TypeError('no BSON form for %r' % (value,))


def encode(doc):
    body = b''.join(_element(k, v) for k, v in doc.items())
    return struct.pack('<i', len(body) + 5) + body + b'\0'


def decode(data, at=0):
    size = struct.unpack_from('<i', data, at)[0]
    end, at, doc = at + size - 1, at + 4, {}
    while at < end:
        kind = data[at]
        stop = data.index(b'\0', at + 1)
        key, at = data[at + 1:stop].decode(), stop + 1
        if kind == 0x01:
            doc[key], at = struct.unpack_from('<d', data, at)[0], at + 8
        elif kind == 0x02:
            n = struct.unpack_from('<i', data, at)[0]
            doc[key], at = data[at + 4:at + 3 + n].decode(), at + 4 + n
        elif kind in (0x03, 0x04):
            n = struct.unpack_from('<i', data, at)[0]
            inner = decode(data, at)
            doc[key], at = (list(inner.values()) if kind == 4 else inner), at + n
        elif kind == 0x05:
            n = struct.unpack_from('<i', data, at)[0]
            doc[key], at = data[at + 5:at + 5 + n], at + 5 + n
        elif kind == 0x07:
            doc[key], at = ObjectId(data[at:at + 12].hex()), at + 12
        elif kind == 0x08:
            doc[key], at = bool(data[at]), at + 1
        elif kind in (0x09, 0x11, 0x12):
            doc[key], at = struct.unpack_from('<q', data, at)[0], at + 8
        elif kind == 0x0a:
            doc[key] = None
        elif kind == 0x10:
            doc[key], at = struct.unpack_from('<i', data, at)[0], at + 4
        elif kind == 0x13:
            doc[key], at = data[at:at + 16], at + 16
        else:
            raise ValueError('BSON type 0x%02x' % kind)
    return doc


def raw_documents(data, at=0):
    """The documents that an array, or a document of documents, holds."""
    found, end, at = [], at + struct.unpack_from('<i', data, at)[0] - 1, at + 4
    while at < end:
        at = data.index(b'\0', at + 1) + 1
        size = struct.unpack_from('<i', data, at)[0]
        found.append(RawDocument(data[at:at + size]))
        at += size
    return found


class Store:
    """One connection to the first host of a URI, or to the primary when they are a replica set."""

    def __init__(self, uri, database, timeout=20):
        hosts = uri.split('://', 1)[1].split('/')[0].split('?')[0]
        if '@' in hosts or uri.startswith('mongodb+srv'):
            raise NotImplementedError('these tests need a store that asks for no password')
        self.database, self.serial = database, 0
        hosts = hosts.split(',')
        limit = time.monotonic() + timeout
        while not self._connect(hosts, timeout):
            if time.monotonic() > limit:
                raise ConnectionError('none of %s is the primary' % hosts)
            time.sleep(0.5)

    def _connect(self, hosts, timeout):
        """To the only host, or to the one that says it is the primary."""
        for at in hosts:
            host, _, port = at.partition(':')
            try:
                self.sock = socket.create_connection((host, int(port or 27017)), timeout)
                if len(hosts) == 1 or self.command({'hello': 1}).get('isWritablePrimary'):
                    return True
                self.sock.close()
            except OSError:
                if len(hosts) == 1:
                    raise
        return False

    def close(self):
        self.sock.close()

    def _read(self, n):
        data = b''
        while len(data) < n:
            part = self.sock.recv(n - len(data))
            if not part:
                raise ConnectionError('the store closed the connection')
            data += part
        return data

    def command(self, doc):
        data = self._exchange(doc)
        reply = decode(data, 5)
        if reply.get('ok') != 1:
            raise RuntimeError('%s: %s' % (list(doc)[0], reply.get('errmsg', reply)))
        return reply

    def _exchange(self, doc):
        """The reply's message: its flags, a byte, and a document."""
        self.serial += 1
        body = b'\0\0\0\0\0' + encode({**doc, '$db': self.database})
        self.sock.sendall(struct.pack('<iiii', 16 + len(body), self.serial, 0, 2013) + body)
        size = struct.unpack('<iiii', self._read(16))[0]
        return self._read(size - 16)

    def dump(self, collection):
        """Every document as it is stored, in the order of the ids; at most 16 MiB of them."""
        command = {'find': collection, 'filter': {}, 'sort': {'_id': 1}, 'batchSize': 100000, 'singleBatch': True}
        data = self._exchange(command)
        if decode(data, 5).get('ok') != 1:
            raise RuntimeError('find in %s failed' % collection)
        at = data.index(b'\x04firstBatch\0') + len(b'\x04firstBatch\0')
        return raw_documents(data, at)

    def load(self, collection, documents):
        """Inserts what dump() gave; no index but that of the ids is made."""
        for i in range(0, len(documents), 1000):
            self.command({'insert': collection, 'documents': documents[i:i + 1000]})

    def collections(self):
        r = self.command({'listCollections': 1, 'nameOnly': True})
        return sorted(c['name'] for c in r['cursor']['firstBatch'] if not c['name'].startswith('system.'))

    def set(self, collection, hexa, **members):
        """$set on one document by its id; it must exist."""
        r = self.command({'update': collection, 'updates': [{'q': {'_id': ObjectId(hexa)}, 'u': {'$set': members}}]})
        if r.get('n') != 1:
            raise RuntimeError('%s holds no document %s' % (collection, hexa))

    def set_sessions(self, user_hexa, **members):
        """$set on every session of a user, as changing or ending an account does."""
        self.command({'update': 'sessions', 'updates': [{'q': {'user_id': ObjectId(user_hexa)},
                                                         'u': {'$set': members}, 'multi': True}]})

    def delete(self, collection, hexa):
        r = self.command({'delete': collection, 'deletes': [{'q': {'_id': ObjectId(hexa)}, 'limit': 1}]})
        if r.get('n') != 1:
            raise RuntimeError('%s holds no document %s' % (collection, hexa))

    def find(self, collection, query, limit=100):
        r = self.command({'find': collection, 'filter': query, 'limit': limit, 'singleBatch': True})
        return r['cursor']['firstBatch']
