# SPDX-License-Identifier: MIT
"""What a shop asks its store, overheard on the wire, and how the store would answer it."""
import json
import struct
import threading

from wire import decode

# without a query, or asked by the driver and by `shopctl init` only
WITHOUT_QUERY = {'insert', 'getMore', 'killCursors', 'hello', 'isMaster', 'ismaster', 'ping', 'endSessions',
                 'createIndexes', 'listIndexes', 'buildInfo', 'saslStart', 'saslContinue', 'abortTransaction'}


def sections(body):
    """The command of an OP_MSG, with the documents that came beside it in their place."""
    at, command, lists = 4, {}, {}
    flags = struct.unpack_from('<I', body)[0]
    end = len(body) - (4 if flags & 1 else 0)            # a checksum
    while at < end:
        kind, at = body[at], at + 1
        size = struct.unpack_from('<i', body, at)[0]
        if kind == 0:
            command = decode(body, at)
        else:
            stop = body.index(b'\0', at + 4)
            name, inner, docs = body[at + 4:stop].decode(), stop + 1, []
            while inner < at + size:
                docs.append(decode(body, inner))
                inner += struct.unpack_from('<i', body, inner)[0]
            lists[name] = docs
        at += size
    return {**command, **lists}


def shape(value):
    """A value without what it says: which members and operators there are."""
    if isinstance(value, dict):
        return {k: shape(v) for k, v in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape(v)) for v in value})
    return '?'


class Query:
    """One statement's reading part, whatever it does with what it finds."""

    def __init__(self, verb, collection, query, sort=None, hint=None, limit=0):
        self.verb, self.collection, self.query = verb, collection, query
        self.sort, self.hint, self.limit = sort or {}, hint, limit

    def __str__(self):
        words = [self.verb, self.collection, json.dumps(shape(self.query)).replace('"', '').replace('\\', '')]
        if self.sort:
            words.append('sort ' + ','.join(('' if d > 0 else '-') + k for k, d in self.sort.items()))
        return ' '.join(words + (['limit'] if self.limit else []) + (['hint ' + str(self.hint)] if self.hint else []))

    def as_find(self, with_sort=True, hint=None):
        found = {'find': self.collection, 'filter': self.query}
        if hint or self.hint:
            found['hint'] = hint or self.hint
        if with_sort and self.sort:
            found['sort'] = self.sort
        if with_sort and self.limit:
            found['limit'] = self.limit
        return found


def queries_of(command):
    verb = next(iter(command), None)
    name = command.get(verb)
    if verb == 'find':
        return [Query(verb, name, command.get('filter', {}), command.get('sort'), command.get('hint'),
                      abs(command.get('limit', 0)))]
    if verb == 'count':
        return [Query(verb, name, command.get('query', {}), None, command.get('hint'))]
    if verb == 'aggregate':
        first = (command['pipeline'] or [{}])[0]
        return [Query(verb, name, first.get('$match', {}), None, command.get('hint'))]
    if verb == 'update':
        return [Query(verb, name, u['q'], None, u.get('hint')) for u in command['updates']]
    if verb == 'delete':
        return [Query(verb, name, d['q'], None, d.get('hint')) for d in command['deletes']]
    if verb in ('findAndModify', 'findandmodify'):
        return [Query(verb, name, command.get('query', {}), command.get('sort'), command.get('hint'), 1)]
    if verb in WITHOUT_QUERY:
        return []
    raise ValueError('a command this test does not know: %s' % verb)


class Overheard:
    """For Proxy.on_request: every distinct query that went by, in its order."""

    def __init__(self):
        self.rests, self.shapes, self.broken, self.lock = {}, {}, [], threading.Lock()

    def __call__(self, connection, data):
        with self.lock:
            data = self.rests.pop(connection, b'') + data
            while len(data) >= 16:
                size, _, _, code = struct.unpack_from('<iiii', data)
                if len(data) < size:
                    break
                try:
                    if code == 2013:
                        for q in queries_of(sections(data[16:size])):
                            self.shapes.setdefault(str(q), q)
                    elif code != 2004:                   # the first hello
                        raise ValueError('a message with opcode %d' % code)
                except Exception as e:
                    self.broken.append(repr(e))
                data = data[size:]
            if data:
                self.rests[connection] = data


# -- plans -------------------------------------------------------------------------------------------------------------

def stages(plan):
    """Every stage of a plan, outermost first."""
    found = []
    while plan:
        found.append(plan)
        inner = plan.get('inputStages') or ([plan['inputStage']] if plan.get('inputStage') else [])
        for other in inner[1:]:
            found += stages(other)
        plan = inner[0] if inner else plan.get('queryPlan')
    return found


class Plan:
    def __init__(self, reply):
        winner = reply['queryPlanner']['winningPlan']
        self.stages = stages(winner)
        self.names = [s.get('stage') for s in self.stages]
        stats = reply.get('executionStats', {})
        self.keys, self.docs = stats.get('totalKeysExamined'), stats.get('totalDocsExamined')
        self.returned = stats.get('nReturned')
        self.indexes = [s['indexName'] for s in self.stages if 'indexName' in s]
        if {'IDHACK', 'EXPRESS_IXSCAN', 'CLUSTERED_IXSCAN'} & set(self.names) and not self.indexes:
            self.indexes = ['_id_']


def explain(store, find):
    return Plan(store.command({'explain': find, 'verbosity': 'executionStats'}))


def is_point(condition):
    """Does the condition leave one value of an index's key?"""
    if isinstance(condition, dict) and any(k.startswith('$') for k in condition):
        if set(condition) == {'$all'}:
            return True                                  # one of the words is looked up, the others are filters
        return set(condition) == {'$eq'} or (set(condition) == {'$in'} and len(condition['$in']) == 1)
    return True


def conditions(query):
    """Member -> condition, also from inside $and."""
    found = {}
    for name, condition in query.items():
        if name == '$and':
            for part in condition:
                for k, v in conditions(part).items():
                    found.setdefault(k, v)
        else:
            found[name] = condition
    return found


def delivers(keys, query, sort):
    """Does a walk along an index with these keys, forwards or backwards, come in this order? Members that the query
    holds to one value may stand in between."""
    fixed = {k for k, v in conditions(query).items() if is_point(v)}
    left, turn = [(k, d) for k, d in sort.items() if k not in fixed], None
    for name, direction in keys.items():
        if not left:
            return True
        if name == left[0][0]:
            if turn is None:
                turn = direction * left[0][1]
            if direction * left[0][1] != turn:
                return False
            left.pop(0)
        elif name not in fixed:
            return False
    return not left


def best_index(indexes, query, sort):
    """The name of the index a planner should take: the one with most leading keys held to a value by the query, a range
    or the order behind them; None when none begins with a member of either. indexes: {name: keys}."""
    asked, best = conditions(query), (0, 0, None)
    for name, keys in indexes.items():
        points, rest = 0, list(keys)
        while rest and rest[0] in asked and is_point(asked[rest[0]]):
            points += 1
            rest.pop(0)
        further = bool(rest) and (rest[0] in asked or (bool(sort) and delivers(keys, query, sort)))
        weight = (2 * points + further, -len(keys))
        if weight[0] and weight > (best[0], best[1] if best[2] else -99):
            best = (*weight, name)
    return best[2]
