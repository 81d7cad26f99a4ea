# SPDX-License-Identifier: MIT
"""What must hold in a shop's database when nothing is under way, read over the wire and not through the module."""
from wire import Store

STANDING = ('pending', 'paid', 'processing', 'shipped', 'delivered', 'refunded')
UNDER_WAY = ('placing', 'aborting', 'cancelling')


def read_all(store, collection, query, drop=()):
    """Every document, a thousand at a time by _id, without the members in drop."""
    found, last = [], None
    while True:
        wanted = query if last is None else {'$and': [query, {'_id': {'$gt': last}}]}
        part = store.command({'find': collection, 'filter': wanted, 'sort': {'_id': 1}, 'limit': 1000,
                              'batchSize': 1000, 'singleBatch': True,
                              **({'projection': {name: 0 for name in drop}} if drop else {})})['cursor']['firstBatch']
        found += part
        if len(part) < 1000:
            return found
        last = part[-1]['_id']


class Books:
    """The orders of some users or of all, and the products, coupons, redemptions and carts that belong to them."""

    def __init__(self, uri, database, users=None, products=None, codes=None):
        store = Store(uri, database)
        try:
            # carts and stock before orders, so that what moves meanwhile looks unsettled and not wrong
            self.carts = {str(d['_id']): d for d in read_all(store, 'carts', self._among('_id', users))}
            self.products = read_all(store, 'products', self._among('_id', products), drop=('search', 'description'))
            self.coupons = read_all(store, 'coupons', self._among('_id', codes))
            self.redemptions = [d for d in read_all(store, 'redemptions', {})
                                if codes is None or d['_id'].split(':')[0] in codes]
            self.orders = read_all(store, 'orders', self._among('user', users), drop=('reply', 'outbox', 'address'))
            self.unanswered = read_all(store, 'orders', {'status': {'$in': list(STANDING)}, 'reply': {'$exists': False},
                                                         **self._among('user', users)}, drop=('outbox', 'address'))
        finally:
            store.close()
        self.standing = [o for o in self.orders if o['status'] in STANDING]

    @staticmethod
    def _among(member, values):
        return {} if values is None else {member: {'$in': list(values)}}

    def unsettled(self):
        """What is still under way, in words; it may be right and only not over."""
        wrong = ['order %s is %s%s' % (o['_id'], o['status'], ', unfinished' if o.get('unfinished') else '')
                 for o in self.orders if o['status'] in UNDER_WAY or o.get('unfinished') or o.get('restocking')]
        for kind, docs in (('product', self.products), ('coupon', self.coupons)):
            for d in docs:
                for marks in ('holds', 'backs'):
                    wrong += ['%s %s: %s of order %s' % (kind, d['_id'], marks, m['o']) for m in d.get(marks) or ()]
        wrong += ['cart %s: a claim of order %s' % (user, cart['ordering']['o']) for user, cart in self.carts.items()
                  if cart.get('ordering')]
        for o in self.standing:
            gen = self.carts.get(str(o['user']), {}).get('gen', 0)
            if gen <= o['cart_gen']:
                wrong.append('order %s: its cart is still at generation %d' % (o['_id'], gen))
        return wrong

    def wrong(self, stock=None):
        """What is wrong in a settled shop. stock: the first stock of each product, by its id."""
        return (self._wrong_orders() + self._wrong_stock(stock or {}) + self._wrong_coupons() +
                self._wrong_redemptions())

    def _wrong_orders(self):
        wrong, seen = ['order %s stands without its reply' % o['_id'] for o in self.unanswered], set()
        for o in self.orders:
            user, own = str(o['user']), 'o:%s' % o['_id']
            slots = [('cart', user, o['cart_slot']), ('key', user, o['key_slot']), ('number', o['number'])]
            if o['status'] in STANDING + ('cancelled',):
                slots.append(('generation', user, o['cart_gen']))
            wrong += ['two orders have %s' % (s,) for s in slots if s in seen]
            seen.update(slots)
            if o['status'] == 'failed':                  # a tombstone, or an order of the previous protocol
                if (o['cart_slot'], o['key_slot']) != (own, own):
                    wrong.append('failed order %s keeps a claim' % o['_id'])
                continue
            paid_back = sum(r['amount'] for r in o['refunds'])
            if paid_back != o['refunded'] or paid_back > o['total']:
                wrong.append('order %s: %d refunded in %s, of %d' % (o['_id'], o['refunded'],
                                                                     [r['amount'] for r in o['refunds']], o['total']))
        return wrong

    def _wrong_stock(self, stock):
        wrong, sold = [], {}
        for o in self.standing:
            for line in (n for n in o['items'] if str(n['product']) not in o['returned']):
                sold[str(line['product'])] = sold.get(str(line['product']), 0) + line['quantity']
        for p in self.products:
            key = str(p['_id'])
            if p['stock'] < 0:
                wrong.append('product %s: stock %d' % (key, p['stock']))
            if p.get('sold_out') and p['stock'] > 0:
                wrong.append('product %s: %d in stock and marked as sold out' % (key, p['stock']))
            if key in stock and p['stock'] + sold.get(key, 0) != stock[key]:
                wrong.append('product %s: %d in stock + %d sold is not %d' % (key, p['stock'], sold.get(key, 0),
                                                                              stock[key]))
        return wrong

    def _wrong_coupons(self):
        wrong = []
        for c in self.coupons:
            uses = len([o for o in self.standing if o.get('coupon_code') == c['_id']])
            if 'usage_limit' in c and c['remaining'] + uses != c['usage_limit']:
                wrong.append('coupon %s: %d left + %d used is not %d' % (c['_id'], c['remaining'], uses,
                                                                         c['usage_limit']))
        return wrong

    def _wrong_redemptions(self):
        users = {str(o['user']) for o in self.orders}
        recorded = {(self._whose(d['_id']), str(u)) for d in self.redemptions for u in d.get('uses') or ()
                    if self._whose(d['_id'])[1] in users}
        owed = {((o['coupon_code'], str(o['user'])), str(o['_id'])) for o in self.standing
                if o.get('coupon_code') and o.get('coupon', {}).get('user_limit', -1) >= 0}
        return (['redemption %s names order %s, which does not stand' % r for r in sorted(recorded - owed)] +
                ['redemption %s does not name order %s' % r for r in sorted(owed - recorded)])

    @staticmethod
    def _whose(redemption):
        """Coupon and user of a redemption's id."""
        words = redemption.split(':')
        return words[0], words[-1]
