// SPDX-License-Identifier: MIT

package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// An order is claimed by unique indexes, stock is taken by conditional updates and given back when one line is short.
// Nothing is left for a sweeper: a process that dies between the steps leaves its claim.

const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var methods = []string{"credit_card", "debit_card", "paypal", "bank_transfer", "cash_on_delivery"}

type address struct {
	Street  *string `json:"street" bson:"street"`
	City    *string `json:"city" bson:"city"`
	State   *string `json:"state" bson:"state"`
	Country *string `json:"country" bson:"country"`
	ZipCode *string `json:"zip_code" bson:"zip_code"`
}

type orderItem struct {
	Product  bson.ObjectID `bson:"product"`
	Name     string        `bson:"name"`
	Price    int64         `bson:"price"`
	Quantity int64         `bson:"quantity"`
	Total    int64         `bson:"total"`
	Discount int64         `bson:"discount"`
}

type event struct {
	Status string    `bson:"status"`
	At     time.Time `bson:"at"`
	By     string    `bson:"by"`
}

type order struct {
	ID            bson.ObjectID `bson:"_id"`
	User          bson.ObjectID `bson:"user"`
	Number        string        `bson:"number"`
	Status        string        `bson:"status"`
	Rev           int64         `bson:"rev"`
	Items         []orderItem   `bson:"items"`
	Subtotal      int64         `bson:"subtotal"`
	Discount      int64         `bson:"discount"`
	Total         int64         `bson:"total"`
	Refunded      int64         `bson:"refunded"`
	Currency      string        `bson:"currency"`
	Address       address       `bson:"address"`
	PaymentMethod string        `bson:"payment_method"`
	History       []event       `bson:"history"`
	ClaimedAt     time.Time     `bson:"claimed_at"`
	CreatedAt     time.Time     `bson:"created_at,omitempty"`
	UpdatedAt     time.Time     `bson:"updated_at"`
	CartGen       int64         `bson:"cart_gen"`
	CartSlot      string        `bson:"cart_slot"`
	KeySlot       string        `bson:"key_slot"`
	Fingerprint   string        `bson:"fp"`
	Returned      []string      `bson:"returned"`
	Reply         []byte        `bson:"reply,omitempty"`
}

type orderItemView struct {
	ProductID string `json:"product_id"`
	Name      string `json:"name"`
	Price     money  `json:"price"`
	Quantity  int64  `json:"quantity"`
	LineTotal money  `json:"line_total"`
}

type eventView struct {
	Status string  `json:"status"`
	At     seconds `json:"at"`
	By     string  `json:"by"`
}

type orderView struct {
	ID              string          `json:"id"`
	Number          string          `json:"number"`
	Status          string          `json:"status"`
	Items           []orderItemView `json:"items"`
	Subtotal        money           `json:"subtotal"`
	Discount        money           `json:"discount"`
	Total           money           `json:"total"`
	Refunded        money           `json:"refunded"`
	Refundable      money           `json:"refundable"`
	Currency        string          `json:"currency"`
	CouponCode      *string         `json:"coupon_code"`
	ShippingAddress address         `json:"shipping_address"`
	PaymentMethod   string          `json:"payment_method"`
	History         []eventView     `json:"history"`
	NextStatuses    []string        `json:"next_statuses"`
	CreatedAt       seconds         `json:"created_at"`
	UpdatedAt       seconds         `json:"updated_at"`
}

func (o *order) view() orderView {
	view := orderView{
		ID: o.ID.Hex(), Number: o.Number, Status: o.Status, Subtotal: money(o.Subtotal), Discount: money(o.Discount),
		Total: money(o.Total), Refunded: money(o.Refunded), Currency: o.Currency, ShippingAddress: o.Address,
		PaymentMethod: o.PaymentMethod,
		NextStatuses:  []string{"paid", "cancelled"}, CreatedAt: seconds(o.CreatedAt), UpdatedAt: seconds(o.UpdatedAt),
	}
	for _, item := range o.Items {
		view.Items = append(view.Items, orderItemView{item.Product.Hex(), item.Name, money(item.Price), item.Quantity,
			money(item.Total)})
	}
	for _, e := range o.History {
		view.History = append(view.History, eventView{e.Status, seconds(e.At), e.By})
	}
	return view
}

type newOrder struct {
	ShippingAddress *address `json:"shipping_address"`
	PaymentMethod   string   `json:"payment_method"`
}

func (n *newOrder) valid() bool {
	a := n.ShippingAddress
	return a != nil && a.Street != nil && a.City != nil && a.State != nil && a.Country != nil && a.ZipCode != nil &&
		slices.Contains(methods, n.PaymentMethod)
}

func orderNumber() string {
	bytes := make([]byte, 8)
	_, _ = rand.Read(bytes) // never fails
	for i := range bytes {
		bytes[i] = digits[bytes[i]&31]
	}
	return "SH-" + string(bytes[:4]) + "-" + string(bytes[4:])
}

func (s *server) priced(ctx context.Context, c *cart) ([]orderItem, error) {
	if len(c.Lines) == 0 {
		return nil, refuse(http.StatusConflict, "cart_empty")
	}
	products := map[bson.ObjectID]*product{}
	if err := s.productsOf(ctx, products, c.products()); err != nil {
		return nil, err
	}
	items := []orderItem{}
	for _, line := range c.Lines {
		p := products[line.Product]
		if p == nil {
			continue
		}
		if p.Stock < line.Quantity {
			return nil, refuse(http.StatusConflict, "out_of_stock")
		}
		items = append(items, orderItem{p.ID, p.Name, p.Price, line.Quantity, p.Price * line.Quantity, 0})
	}
	slices.SortFunc(items, func(a, b orderItem) int { return cmp.Compare(a.Product.Hex(), b.Product.Hex()) })
	return items, nil
}

// replay is the stored answer of a known key, or nil.
func (s *server) replay(ctx context.Context, user bson.ObjectID, key, fingerprint string) ([]byte, error) {
	if key == "" {
		return nil, nil
	}
	var known order
	err := s.orders.FindOne(ctx, bson.D{{Key: "user", Value: user}, {Key: "key_slot", Value: "k:" + key}}).Decode(&known)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return nil, nil
	case err != nil:
		return nil, err
	case known.Fingerprint != fingerprint:
		return nil, refuse(http.StatusUnprocessableEntity, "idempotency_mismatch")
	case known.Reply == nil:
		return nil, refuse(http.StatusConflict, "idempotency_in_progress")
	}
	return known.Reply, nil
}

func (s *server) move(ctx context.Context, item *orderItem, conditions bson.D, by int64) (bool, error) {
	done, err := s.products.UpdateOne(ctx, append(bson.D{{Key: "_id", Value: item.Product}}, conditions...),
		bson.D{{Key: "$inc", Value: bson.D{{Key: "stock", Value: by}}}})
	return err == nil && done.MatchedCount == 1, err
}

func (s *server) undo(ctx context.Context, o *order, taken []orderItem) error {
	for i := range taken {
		if _, err := s.move(ctx, &taken[i], nil, taken[i].Quantity); err != nil {
			return err
		}
	}
	own := "o:" + o.ID.Hex()
	_, err := s.orders.UpdateOne(ctx, bson.D{{Key: "_id", Value: o.ID}}, bson.D{{Key: "$set", Value: bson.D{
		{Key: "status", Value: "failed"}, {Key: "cart_slot", Value: own}, {Key: "key_slot", Value: own}}}})
	return err
}

func (s *server) takeAll(ctx context.Context, o *order) error {
	for i := range o.Items {
		item := &o.Items[i]
		done, err := s.move(ctx, item, bson.D{{Key: "deleted_at", Value: nil}, {Key: "price", Value: item.Price},
			{Key: "stock", Value: bson.D{{Key: "$gte", Value: item.Quantity}}}}, -item.Quantity)
		if err != nil {
			return err
		}
		if !done {
			return cmp.Or(s.undo(ctx, o, o.Items[:i]), refuse(http.StatusConflict, "out_of_stock"))
		}
	}
	return nil
}

// complete makes the claimed order a placed one, in memory.
func (o *order) complete() (err error) {
	at := time.Now()
	o.Status, o.Rev, o.CreatedAt, o.UpdatedAt = "pending", 1, at, at
	o.History = []event{{"pending", at, o.User.Hex()}}
	o.Reply, err = json.Marshal(o.view())
	return err
}

func (s *server) commit(ctx context.Context, o *order) error {
	if err := o.complete(); err != nil {
		return err
	}
	at := o.CreatedAt
	_, err := s.orders.UpdateOne(ctx, bson.D{{Key: "_id", Value: o.ID}, {Key: "status", Value: "placing"}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "status", Value: o.Status}, {Key: "rev", Value: o.Rev},
			{Key: "created_at", Value: at}, {Key: "updated_at", Value: at}, {Key: "history", Value: o.History},
			{Key: "reply", Value: o.Reply}}}})
	return err
}

func (s *server) clearCart(ctx context.Context, o *order) error {
	ids := []bson.ObjectID{}
	for _, item := range o.Items {
		ids = append(ids, item.Product)
	}
	_, err := s.carts.UpdateOne(ctx, bson.D{{Key: "_id", Value: o.User}, {Key: "gen", Value: o.CartGen}}, bson.D{
		{Key: "$inc", Value: bson.D{{Key: "gen", Value: int64(1)}, {Key: "rev", Value: int64(1)}}},
		{Key: "$set", Value: bson.D{{Key: "updated_at", Value: o.UpdatedAt}}},
		{Key: "$pull", Value: bson.D{{Key: "lines", Value: bson.D{{Key: "product", Value: bson.D{
			{Key: "$in", Value: ids}}}}}}},
	})
	if err != nil {
		return err
	}
	return s.uncache(ctx, o)
}

// uncache deletes the ordered products from the cache.
func (s *server) uncache(ctx context.Context, o *order) error {
	keys := []string{}
	for _, item := range o.Items {
		keys = append(keys, s.prefix+"product:"+item.Product.Hex())
	}
	return s.redis.Del(ctx, keys...).Err()
}

// draft is the order of a cart as it is now.
func draft(user bson.ObjectID, body *newOrder, c *cart, items []orderItem, key, fingerprint string) *order {
	at := time.Now()
	o := &order{
		ID: bson.NewObjectID(), User: user, Number: orderNumber(), Status: "placing", Items: items, Currency: currency,
		Address: *body.ShippingAddress, PaymentMethod: body.PaymentMethod, History: []event{}, ClaimedAt: at, UpdatedAt: at,
		CartGen: c.Gen, CartSlot: "g:" + strconv.FormatInt(c.Gen, 10), Fingerprint: fingerprint, Returned: []string{},
	}
	o.KeySlot = "o:" + o.ID.Hex()
	if key != "" {
		o.KeySlot = "k:" + key
	}
	for _, item := range items {
		o.Subtotal += item.Total
	}
	o.Total = o.Subtotal
	return o
}

// claim inserts the order; a stored reply when its key is known by now.
func (s *server) claim(ctx context.Context, user bson.ObjectID, body *newOrder, key, fingerprint string) (*order, []byte, error) {
	c, err := s.readCart(ctx, user)
	if err != nil {
		return nil, nil, err
	}
	items, err := s.priced(ctx, &c)
	if err != nil {
		return nil, nil, err
	}
	o := draft(user, body, &c, items, key, fingerprint)
	if _, err = s.orders.InsertOne(ctx, o); mongo.IsDuplicateKeyError(err) {
		stored, err := s.taken(ctx, user, key, fingerprint)
		return nil, stored, err
	}
	return o, nil, err
}

// taken is the answer when another order has this cart or key: a stored reply, or a refusal.
func (s *server) taken(ctx context.Context, user bson.ObjectID, key, fingerprint string) ([]byte, error) {
	stored, err := s.replay(ctx, user, key, fingerprint)
	if err == nil && stored == nil {
		err = refuse(http.StatusConflict, "order_in_progress")
	}
	return stored, err
}

// inSteps claims, takes, commits and clears the cart one after another; a stored reply when its key is known by now.
func (s *server) inSteps(ctx context.Context, user bson.ObjectID, body *newOrder, key, fingerprint string) (*order, []byte, error) {
	o, stored, err := s.claim(ctx, user, body, key, fingerprint)
	if err != nil || stored != nil {
		return nil, stored, err
	}
	for _, step := range []func(context.Context, *order) error{s.takeAll, s.commit, s.clearCart} {
		if err := step(ctx, o); err != nil {
			return nil, nil, err
		}
	}
	return o, nil, nil
}

func (s *server) placeOrder(w http.ResponseWriter, r *http.Request) error {
	user, err := s.caller(w, r)
	if err != nil {
		return err
	}
	var body newOrder
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if !body.valid() {
		return refuse(http.StatusUnprocessableEntity, "validation_failed")
	}
	canonical, err := json.Marshal(body)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(canonical)
	ctx, key, fingerprint := r.Context(), r.Header.Get("Idempotency-Key"), hex.EncodeToString(digest[:])
	stored, err := s.replay(ctx, user, key, fingerprint)
	if err != nil {
		return err
	}
	var o *order
	if stored == nil {
		if o, stored, err = s.place(ctx, user, &body, key, fingerprint); err != nil {
			return err
		}
	}
	if stored != nil {
		w.Header().Set("Idempotent-Replayed", "true")
		send(w, http.StatusCreated, "application/json", stored)
		return nil
	}
	send(w, http.StatusCreated, "application/json", o.Reply)
	return nil
}
