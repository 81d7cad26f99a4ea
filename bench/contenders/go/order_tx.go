// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"net/http"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
)

// The same order in one transaction of several documents, for a replica set: stock, order and cart change together or
// not at all. The driver begins again on TransientTransactionError and commits again on UnknownTransactionCommitResult.
// Each attempt reads cart and products anew, ahead of the transaction, whose first statement takes its snapshot: so
// that it is as short as can be, and conflicts are as few. Price, stock and the cart's revision are conditions of what
// is changed.

func (s *server) takeInTransaction(ctx context.Context, o *order) error {
	for i := range o.Items {
		item := &o.Items[i]
		done, err := s.move(ctx, item, bson.D{{Key: "deleted_at", Value: nil}, {Key: "price", Value: item.Price},
			{Key: "stock", Value: bson.D{{Key: "$gte", Value: item.Quantity}}}}, -item.Quantity)
		if err != nil {
			return err
		}
		if !done {
			return refuse(http.StatusConflict, "out_of_stock")
		}
	}
	return nil
}

func (s *server) clearInTransaction(ctx context.Context, o *order, rev int64) error {
	done, err := s.carts.UpdateOne(ctx, bson.D{{Key: "_id", Value: o.User}, {Key: "gen", Value: o.CartGen},
		{Key: "rev", Value: rev}}, bson.D{
		{Key: "$inc", Value: bson.D{{Key: "gen", Value: int64(1)}, {Key: "rev", Value: int64(1)}}},
		{Key: "$set", Value: bson.D{{Key: "lines", Value: bson.A{}}, {Key: "updated_at", Value: o.UpdatedAt}}},
	})
	if err == nil && done.MatchedCount == 0 {
		err = refuse(http.StatusConflict, "order_in_progress")
	}
	return err
}

func (s *server) inTransaction(ctx context.Context, user bson.ObjectID, body *newOrder, key, fingerprint string) (*order, []byte, error) {
	session, err := s.orders.Database().Client().StartSession()
	if err != nil {
		return nil, nil, err
	}
	defer session.EndSession(ctx)
	snapshot := options.Transaction().SetReadConcern(readconcern.Snapshot())
	placed, err := session.WithTransaction(ctx, func(inside context.Context) (any, error) {
		c, err := s.readCart(ctx, user)
		if err != nil {
			return nil, err
		}
		items, err := s.priced(ctx, &c)
		if err != nil {
			return nil, err
		}
		o := draft(user, body, &c, items, key, fingerprint)
		if err := o.complete(); err != nil {
			return nil, err
		}
		if err := s.takeInTransaction(inside, o); err != nil {
			return nil, err
		}
		if _, err := s.orders.InsertOne(inside, o); err != nil {
			return nil, err
		}
		return o, s.clearInTransaction(inside, o, c.Rev)
	}, snapshot)
	if mongo.IsDuplicateKeyError(err) {
		stored, err := s.taken(ctx, user, key, fingerprint)
		return nil, stored, err
	}
	if err != nil {
		return nil, nil, err
	}
	o := placed.(*order)
	return o, nil, s.uncache(ctx, o)
}
