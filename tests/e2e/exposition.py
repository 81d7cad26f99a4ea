# SPDX-License-Identifier: MIT
"""Prometheus' text format 0.0.4, read strictly: what a lenient reader would forgive is an error here."""
import re
from decimal import Decimal

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
SAMPLE = re.compile(r'(%s)\{(.*)\} ([0-9]+(?:\.[0-9]+)?)' % NAME)
HEAD = re.compile(r'# (HELP|TYPE) (%s) (.+)' % NAME)
ESCAPE = {'\\\\': '\\', '\\"': '"', '\\n': '\n'}


class Malformed(Exception):
    pass


def check(holds, what):
    if not holds:
        raise Malformed(what)


def read_labels(text):
    labels, at = {}, 0
    while at < len(text):
        found = LABEL.match(text, at)
        check(found, 'labels %r' % text)
        check(found[1] not in labels, 'label %s twice' % found[1])
        labels[found[1]] = re.sub(r'\\[\\"n]', lambda m: ESCAPE[m[0]], found[2])
        at = found.end()
    check(labels and not text.endswith(','), 'labels %r' % text)
    return labels


class Page:
    """samples: {(name, frozenset of (label, value)): number}; types: {family: type}."""

    def __init__(self, text):
        self.samples, self.types, self.helps = {}, {}, {}
        check(text.endswith('\n') and '\r' not in text and '\n\n' not in text, 'line ends')
        family, seen = None, set()
        for line in text[:-1].split('\n'):
            head = HEAD.fullmatch(line)
            if head:
                family = self._head(*head.groups(), family, seen)
            else:
                self._sample(line, family)
        for name, kind in self.types.items():
            check(name in self.helps, '%s has no HELP' % name)
            if kind == 'histogram':
                self._check_histogram(name)

    def _head(self, word, name, rest, family, seen):
        table = self.helps if word == 'HELP' else self.types
        check(name not in table, '%s of %s twice' % (word, name))
        table[name] = rest
        if word == 'TYPE':
            check(rest in ('counter', 'histogram'), 'type %s' % rest)
            check(rest != 'counter' or name.endswith('_total'), '%s is a counter' % name)
        check(name == family or name not in seen, '%s begins again' % name)
        seen.add(name)
        return name

    def _sample(self, line, family):
        found = SAMPLE.fullmatch(line)
        check(found, 'line %r' % line)
        name, labels, value = found.groups()
        check(family in self.types, 'a sample before its TYPE: %r' % line)
        ends = ('_bucket', '_sum', '_count') if self.types[family] == 'histogram' else ('',)
        check(name in [family + end for end in ends], '%r is not of %s' % (line, family))
        key = name, frozenset(read_labels(labels).items())
        check(key not in self.samples, 'twice: %r' % line)
        self.samples[key] = Decimal(value)

    def _check_histogram(self, family):
        buckets = {}
        for (name, labels), value in self.samples.items():
            if name == family + '_bucket':
                rest = frozenset(l for l in labels if l[0] != 'le')
                buckets.setdefault(rest, []).append((Decimal(dict(labels)['le'].replace('+Inf', 'Infinity')), value))
        for rest, pairs in buckets.items():
            check(pairs == sorted(pairs) and len({le for le, _ in pairs}) == len(pairs), 'buckets of %s' % (rest,))
            check(pairs[-1][0] == Decimal('Infinity'), 'the last bucket of %s' % (rest,))
            check(self.samples.get((family + '_count', rest)) == pairs[-1][1], 'count of %s' % (rest,))
            check((family + '_sum', rest) in self.samples, 'sum of %s' % (rest,))
        counted = {labels for name, labels in self.samples if name == family + '_count'}
        check(counted == set(buckets), 'counts without buckets')

    def get(self, name, **labels):
        return int(self.samples.get((name, frozenset(labels.items())), 0))

    def since(self, before):
        """{(name, labels): how much it grew}, of what grew; nothing may have shrunk."""
        check(set(before.samples) <= set(self.samples), 'a series is gone')
        grown = {k: v - before.samples.get(k, 0) for k, v in self.samples.items()}
        check(min(grown.values()) >= 0, 'a counter went back')
        return {k: v for k, v in grown.items() if v}
