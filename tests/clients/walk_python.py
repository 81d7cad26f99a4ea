# SPDX-License-Identifier: MIT
"""From registration to an order with the client that openapi-python-client makes (shop_client, on PYTHONPATH)."""
import os

from shop_client import AuthenticatedClient, Client
from shop_client import models as m
from shop_client.api.accounts import login, register
from shop_client.api.cart import add_to_cart, show_cart
from shop_client.api.orders import list_orders, place_order, quote_cart, show_order
from shop_client.api.products import list_products, show_product

API, NAME, COUPON = os.environ['SHOP_API'], os.environ['SHOP_WALKER'], os.environ['SHOP_COUPON']


def must(answer, status):
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert answer.parsed is not None and not isinstance(answer.parsed, m.Problem), answer.content
    return answer.parsed


def walk():
    email, password = NAME + '@example.com', 'a password of ' + NAME
    nobody = Client(base_url=API)
    user = must(register.sync_detailed(client=nobody, body=m.RegisterBody(
        username=NAME, email=email, password=password)), 201)
    assert user.role == 'user'
    pair = must(login.sync_detailed(client=nobody, body=m.LoginBody(email=email, password=password)), 200)
    client = AuthenticatedClient(base_url=API, token=pair.access_token)

    assert must(show_cart.sync_detailed(client=client), 200).updated_at is None
    found = must(list_products.sync_detailed(client=nobody, q='Lamp', limit=5), 200).items[0]
    product = must(show_product.sync_detailed(found.id, client=nobody), 200)
    cart = must(add_to_cart.sync_detailed(client=client, body=m.AddToCartBody(
        product_id=product.id, quantity=2)), 200)
    assert cart.item_count == 2 and cart.updated_at

    quote = must(quote_cart.sync_detailed(client=client, body=m.QuoteCartBody(coupon_code=COUPON)), 200)
    assert quote.coupon.applies is True
    body = m.PlaceOrderBody.from_dict({
        'shipping_address': {'street': '1 Main Street', 'city': 'Springfield', 'state': 'IL', 'country': 'US',
                             'zip_code': '62701'},
        'payment_method': 'credit_card', 'coupon_code': COUPON, 'expected_total': quote.total})
    order = must(place_order.sync_detailed(client=client, body=body, idempotency_key='order of ' + NAME), 201)
    assert order.total == quote.total and order.next_statuses[0] == 'paid'
    assert must(list_orders.sync_detailed(client=client), 200).items[0].number == order.number
    refused = show_order.sync_detailed('0' * 24, client=client)
    assert refused.status_code == 404 and refused.parsed.code == 'not_found', refused.content
    print('openapi-python-client: order %s of %s %s' % (order.number, order.total, order.currency))


if __name__ == '__main__':
    walk()
