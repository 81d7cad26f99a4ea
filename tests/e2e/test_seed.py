# SPDX-License-Identifier: MIT
"""The documented requests, read out of seed_requests.http and played in order over HTTP and HTTPS."""
import decimal
import json
import os
import re
import unittest

from client import Client
from env import ShopCase

HERE = os.path.dirname(os.path.abspath(__file__))


class Request:
    def __init__(self, title):
        self.title, self.status, self.saves, self.checks, self.texts = title, None, [], [], []
        self.method = self.path = None
        self.headers, self.body = [], ''


def read_requests(path):
    """The requests of a .http file."""
    found, in_body = [], False
    with open(path, encoding='utf-8') as f:
        for line in f.read().splitlines():
            if line.startswith('###'):
                found.append(Request(line.lstrip('# ')))
                in_body = False
            elif not found:
                continue
            elif in_body:
                found[-1].body += line + '\n'
            elif line.startswith('#'):
                note(found[-1], line)
            elif found[-1].method is None:
                if line.strip():
                    found[-1].method, found[-1].path = line.split()
            elif line.strip():
                found[-1].headers.append(tuple(x.strip() for x in line.split(':', 1)))
            else:
                in_body = True
    return found


def note(request, line):
    said = re.match(r'#\s*@(\w+)\s*(.*)$', line)
    if not said:
        return
    word, rest = said.groups()
    if word == 'status':
        request.status = int(rest)
    elif word == 'save':
        request.saves.append([x.strip() for x in rest.split('=', 1)])
    elif word == 'check':
        request.checks.append([x.strip() for x in rest.split('=', 1)])
    elif word == 'text':
        request.texts.append(rest)
    elif word != 'also':
        raise ValueError('unknown note @%s' % word)


def member(value, path):
    for step in path.split('.'):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def exact(text):
    return json.loads(text, parse_float=decimal.Decimal, parse_int=decimal.Decimal)


class SeedOverHttp(ShopCase):
    tls = False

    def test_every_documented_request_works_as_printed(self):
        self.shop.add_product(name='First', price=12.50, featured=True)
        self.shop.add_coupon('DISCOUNT10', discount_percent=10)
        names = {'base': '', 'admin_token': self.shop.admin().token}
        requests = read_requests(os.path.join(HERE, 'seed_requests.http'))
        self.assertGreaterEqual(len(requests), 15)
        client = Client(self.env, tls=self.tls, prefix='')
        self.env.secrets.add('your_password')
        played = 0
        for q in requests:
            played += 1

            def filled(text):
                return re.sub(r'\{\{(\w+)\}\}', lambda m: names[m[1]], text)
            body = filled(q.body).strip()
            r = client.request(q.method, filled(q.path), body=body.encode() if body else None,
                               headers=[(k, filled(v)) for k, v in q.headers], token=None)
            self.assertIsNotNone(q.status, q.title)
            with self.subTest(request=q.title):
                if q.status >= 400:
                    self.assert_problem(r, q.status)
                else:
                    self.assert_status(r, q.status)
                    self.assertEqual(r.header('content-type').split(';')[0], 'application/json')
                if q.status == 201:
                    self.assertTrue(r.header('location'), 'a 201 without Location')
                answer = exact(r.text)
                for path, wanted in q.checks:
                    self.assertEqual(member(answer, path), exact(filled(wanted)), path)
                for text in q.texts:
                    self.assertIn(text, re.sub(r'(?<=[:,{\[]) | (?=[:,}\]])', '', r.text))
            for name, path in q.saves:
                try:
                    names[name] = str(member(r.json, path))
                except (TypeError, KeyError, IndexError):
                    self.fail('%s: no member %s to go on with in %r' % (q.title, path, r))
        print('seed over %s: %d requests' % ('HTTPS' if self.tls else 'HTTP', played), flush=True)


class SeedOverHttps(SeedOverHttp):
    tls = True


if __name__ == '__main__':
    unittest.main()
