# SPDX-License-Identifier: MIT
"""Tokens made by hand: what a holder of the key, or a forger without it, could send."""
import base64
import hashlib
import hmac
import json
import time

HASHES = {'HS256': hashlib.sha256, 'HS384': hashlib.sha384, 'HS512': hashlib.sha512}
ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def decode(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def parts(token):
    head, body, _ = token.split('.')
    return json.loads(decode(head)), json.loads(decode(body))


def signature(key, signed, alg='HS256'):
    return encode(hmac.new(key, signed.encode(), HASHES[alg]).digest())


def key_bytes(key_text, token):
    """The key as the server uses it: the text of the file, or what its base64 says; a real token tells."""
    signed, _, given = token.rpartition('.')
    for key in (key_text.encode(), base64.b64decode(key_text)):
        if hmac.compare_digest(signature(key, signed), given):
            return key
    raise AssertionError('a real token is not signed by HS256 with the key in the key file')


def moment(value):
    """{"now": seconds} is a time from now."""
    return int(time.time()) + value['now'] if isinstance(value, dict) and set(value) == {'now'} else value


def forge(key, token, spec):
    """A changed copy of `token`. See the members of `token` in attacks.json; {} is a copy signed anew."""
    if spec.get('mangle') == 'none':
        return token
    old_head, old_body, old_sign = token.split('.')
    head, body = parts(token)
    head.update(spec.get('header', {}))
    for name in spec.get('drop_header', ()):
        head.pop(name, None)
    for name, value in spec.get('claims', {}).items():
        if not (spec.get('keep_absent') and name not in body):
            body[name] = moment(value)
    for name in spec.get('drop_claims', ()):
        if name not in body:
            raise AssertionError('a real token has no claim %s to leave out' % name)
        del body[name]
    head_text = spec.get('header_text') or json.dumps(head, separators=(',', ':'))
    body_text = spec.get('claims_text') or json.dumps(body, separators=(',', ':'))
    if 'claims_tail' in spec:
        body_text = body_text[:-1] + spec['claims_tail'] + '}'
    if spec.get('mangle') == 'standard':
        return _with_the_other_alphabet(key, head_text, body)
    changed = spec.get('header') or spec.get('claims') or 'header_text' in spec
    signed = encode(head_text.encode()) + '.' + encode(body_text.encode())
    how = spec.get('sign', 'HS256')
    used = spec['key'].encode() if 'key' in spec else key
    sign = '' if how == 'empty' else old_sign if how == 'old' else signature(used, signed, how)
    if not changed and how == 'old':
        signed = old_head + '.' + old_body
    return _mangled(signed, sign, spec.get('mangle'))


def _mangled(signed, sign, how):
    if how == 'empty':
        return signed + '.'
    if how == 'short':
        return signed + '.' + sign[:-4]
    if how == 'pad':
        return signed + '.' + sign + '='
    if how == 'last':                                   # the two lowest bits of the last character carry nothing
        return signed + '.' + sign[:-1] + ALPHABET[ALPHABET.index(sign[-1]) ^ 1]
    if how == 'tail':
        return signed + '.' + sign + 'AAAA'
    if how == 'flip':
        return signed + '.' + ALPHABET[ALPHABET.index(sign[0]) ^ 1] + sign[1:]
    if how == 'two':
        return signed
    if how == 'five':
        return signed + '.' + sign + '.' + sign + '.' + sign
    return signed + '.' + sign


def _with_the_other_alphabet(key, head_text, body):
    for earlier in range(500):
        copy = dict(body, exp=body['exp'] - earlier)
        signed = encode(head_text.encode()) + '.' + encode(json.dumps(copy, separators=(',', ':')).encode())
        sign = signature(key, signed)
        if '-' in sign or '_' in sign:
            return signed + '.' + sign.replace('-', '+').replace('_', '/')
    raise AssertionError('no signature with - or _ found')
