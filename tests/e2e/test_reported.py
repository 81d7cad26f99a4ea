# SPDX-License-Identifier: MIT
"""What users of other shops reported, played from reported.json: requests in order, with the answers wanted.

`servers` names configurations of httpd: Env's arguments (`extra`, `location`, `tail`, `modules`, ...) beside the text
of `files` in the document root; in all of them ${root}, ${port} and ${tls_port} are filled in. "plain" has none.

A case: `id`, `kind` (what such reports have in common), `why`; `server` (else "plain"), `log` (messages of the error
log that it causes), `each` (the steps are played once for each combination of these names), `steps`. A step is one
request:
  `send`     "METHOD /path": below the API root, or from the server's root when `site` is true; `pad` adds that many
             letters to it; or
  `raw`      the bytes of a whole request (text, or parts: text and {"repeat", "times"});
  `h2`       true: over HTTP/2 and TLS, by curl. Left out under prefork, which mod_http2 does not serve, so no later
             step needs what it does
  `as`       nobody (the default), admin, or the name of a customer, who is made when first named in the case;
             `token` is another bearer token
  `headers`, `header_pairs`, `json` or `body` (as `raw`)
  `times`    how often it is sent; each answer must be as wanted
  `each`     {"NAME": [values]}: it is sent once for each, which is ${NAME}, and percent-encoded ${NAME_url}
and what is wanted of the answer:
  `want`     a status or several; 400 and above must be a problem document unless `form` is false
  `code`     of the problem document
  `has`      members of the JSON answer, dots between steps ("items.0.name"): {"path": value}, "absent" for none
  `header`   {"name": text}; null: absent; "~pattern": a regular expression; "!text": there, and another
  `text`     a regular expression that the body holds
  `keep`     {"NAME": "path"}: a member for later steps, as ${NAME}; `keep_header` {"NAME": "name"}
Values are compared after ${...} is filled in; each case has a fresh ${unique}, and ${kilobytes} is nine of them.
"""
import itertools
import json
import os
import re
import secrets
import subprocess
import unittest
from string import Template
from urllib.parse import quote

from client import Response, send_raw
from env import Env, ShopCase, mpm_name

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, 'reported.json'), encoding='utf-8') as _f:
    LIST = json.load(_f)
ABSENT = object()


def fill(value, names):
    if isinstance(value, str):
        return Template(value).safe_substitute(names)
    if isinstance(value, list):
        return [fill(v, names) for v in value]
    if isinstance(value, dict):
        return {fill(k, names): fill(v, names) for k, v in value.items()}
    return value


def member(value, path):
    for step in path.split('.') if path else ():
        if isinstance(value, list):
            value = value[int(step)] if int(step) < len(value) else ABSENT
        else:
            value = value.get(step, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def bytes_of(parts):
    out = b''
    for part in [parts] if isinstance(parts, str) else parts:
        out += part.encode() if isinstance(part, str) else part['repeat'].encode() * part['times']
    return out


class Reported(ShopCase):
    """One class per server, made below."""
    own_env = False
    server = None
    left_out = 0                                         # steps that the MPM cannot serve

    @classmethod
    def make_env(cls):
        options = dict(LIST['servers'][cls.server])
        files = options.pop('files', {})
        if mpm_name() == 'prefork':
            options.setdefault('children', 12)
            options['modules'] = [m for m in options.get('modules', ()) if m != 'http2']
        env = Env('Reported_' + cls.server, **options)
        names = {'root': env.root, 'port': env.port, 'tls_port': env.tls_port}
        env.extra, env.location, env.tail = (fill(t, names) for t in (env.extra, env.location, env.tail))
        write = env.write_files

        def write_files():
            write()
            for name, parts in files.items():
                path = os.path.join(env.root, 'htdocs', name)
                with open(path, 'wb') as f:
                    f.write(bytes_of(parts))
                os.chmod(path, 0o644)
        env.write_files = write_files
        return env

    @classmethod
    def finish_env(cls):
        if cls.left_out:
            print('reported, server %s: %d steps over HTTP/2 are not for prefork' % (cls.server, cls.left_out), flush=True)
        super().finish_env()

    # -- sending ---------------------------------------------------------------------------------------------------

    def client(self, name):
        if name not in self.clients:
            self.clients[name] = (self.shop.anonymous() if name == 'nobody' else self.shop.admin() if name == 'admin'
                                  else self.shop.new_customer())
        return self.clients[name]

    def over_h2(self, method, path, headers, body):
        command = ['curl', '--silent', '--show-error', '--insecure', '--http2', '--include', '--max-time', '30']
        command += ['--head'] if method == 'HEAD' else ['--request', method]
        for k, v in headers:
            command += ['--header', '%s: %s' % (k, v)]
        if body is not None:
            command += ['--data-binary', '@-']
        done = subprocess.run(command + ['--path-as-is', 'https://localhost:%d%s' % (self.env.tls_port, path)],
                              input=body or b'', capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        head, _, content = done.stdout.partition(b'\r\n\r\n')
        lines = head.decode('latin-1').split('\r\n')
        self.assertTrue(lines[0].startswith('HTTP/2 '), lines[0])
        given = [tuple(x.strip() for x in line.partition(':')[::2]) for line in lines[1:]]
        return Response(method, path, int(lines[0].split()[1]), '', given, content, version=20)

    def send(self, step, names):
        step = fill(step, names)
        if 'raw' in step:
            answer = send_raw(self.env, bytes_of(step['raw']))
            self.assertEqual(len(answer.final), 1, answer.data[:400])
            return answer.final[0]
        who = self.client(step.get('as', 'nobody'))
        token = step.get('token', who.token)
        method, _, path = step['send'].partition(' ')
        path = ('' if step.get('site') else '/api') + path + 'a' * step.get('pad', 0)
        headers = [tuple(p) for p in step.get('header_pairs', ())] + list(step.get('headers', {}).items())
        body = bytes_of(step['body']) if 'body' in step else None
        if 'json' in step:
            body = json.dumps(step['json']).encode()
        if body is not None and not any(k.lower() == 'content-type' for k, _ in headers):
            headers.append(('Content-Type', 'application/json'))
        if step.get('h2'):
            if token and not any(k.lower() == 'authorization' for k, _ in headers):
                headers.append(('Authorization', 'Bearer ' + token))
            return self.over_h2(method, path, headers, body)
        return who.request(method, path, body=body, headers=headers, token=token, prefix='')

    # -- judging ---------------------------------------------------------------------------------------------------

    def check_headers(self, r, wanted):
        for name, value in wanted.items():
            found = r.header(name)
            if value is None:
                self.assertEqual(r.all(name), [], '%s of %r' % (name, r))
            elif value.startswith('~'):
                self.assertRegex(found or '', value[1:], '%s of %r' % (name, r))
            elif value.startswith('!'):
                self.assertTrue(found is not None and found != value[1:], '%s: %s of %r' % (name, found, r))
            else:
                self.assertEqual(found, value, '%s of %r' % (name, r))

    def keep(self, r, step, names):
        for name, path in step.get('keep', {}).items():
            names[name] = member(r.json, path)
            self.assertIsNot(names[name], ABSENT, 'there is no %s in %r' % (path, r))
        for name, header in step.get('keep_header', {}).items():
            names[name] = r.header(header)
            self.assertIsNotNone(names[name], 'there is no %s in %r' % (header, r))

    def check(self, r, step, names):
        wanted = fill(step, names)
        statuses = wanted['want'] if isinstance(wanted['want'], list) else [wanted['want']]
        if r.status >= 400 and wanted.get('form', True):
            self.assert_problem(r, statuses, wanted.get('code'))
        else:
            self.assert_status(r, *statuses)
        self.keep(r, step, names)
        wanted = fill(step, names)
        self.check_headers(r, wanted.get('header', {}))
        for path, value in wanted.get('has', {}).items():
            found = member(r.json, path)
            if value == 'absent':
                self.assertIs(found, ABSENT, '%s of %r' % (path, r))
            else:
                self.assertEqual(found, value, '%s of %r' % (path, r))
        if 'text' in wanted:
            self.assertRegex(r.text, wanted['text'])

    @staticmethod
    def combinations(case, names):
        """The names of each time that the steps are played."""
        each = case.get('each', {})
        for values in itertools.product(*each.values()):
            yield {**names, **dict(zip(each, values))}

    @staticmethod
    def values(step, names):
        """Once for each time that the step is sent; the names are those of that time."""
        for name, values in step.get('each', {}).items():
            for value in fill(values, names):
                names[name], names[name + '_url'] = value, quote(value)
                yield value
        if 'each' not in step:
            yield from range(step.get('times', 1))

    def play_step(self, step, names):
        for value in self.values(step, names):
            try:
                self.check(self.send(step, names), step, names)
            except AssertionError as e:
                known = {k: v for k, v in names.items() if len(str(v)) < 99}
                raise AssertionError('%s, %r of %r: %s' % (step.get('send', 'raw'), value, known, e)) from e

    def play(self, case):
        self.clients, names = {}, {'unique': secrets.token_hex(4), 'kilobytes': 'k' * 9216}
        self.expect_log(*case.get('log', ()))
        for known in self.combinations(case, names):
            for step in case['steps']:
                if step.get('h2') and mpm_name() == 'prefork':
                    type(self).left_out += 1
                else:
                    self.play_step(step, known)


def _add(server):
    """A class for the server, with a test for each of its cases."""
    body = {'own_env': True, 'server': server, '__doc__': 'reported.json on the server "%s"' % server}
    for case in LIST['cases']:
        if case.get('server', 'plain') == server:
            def test(self, case=case):
                self.play(case)
            test.__doc__ = '%s: %s' % (case['id'], case['kind'])
            body['test_' + re.sub(r'\W', '_', case['id'])] = test
    globals()['Reported_' + server] = type('Reported_' + server, (Reported,), body)


for _server in LIST['servers']:
    _add(_server)


class Table(unittest.TestCase):
    def test_every_case_has_a_server_and_a_name_of_its_own(self):
        names = [c['id'] for c in LIST['cases']]
        self.assertEqual(len(names), len(set(names)))
        for case in LIST['cases']:
            self.assertIn(case.get('server', 'plain'), LIST['servers'])
            self.assertTrue(case['steps'] and case['kind'] and case['why'])


if __name__ == '__main__':
    unittest.main()
