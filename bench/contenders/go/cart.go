// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	quantityMax = 10000
	linesMax    = 100
)

type cartLine struct {
	Product  bson.ObjectID `bson:"product"`
	Quantity int64         `bson:"q"`
}

type cart struct {
	Lines     []cartLine `bson:"lines"`
	Gen       int64      `bson:"gen"`
	Rev       int64      `bson:"rev"`
	UpdatedAt *time.Time `bson:"updated_at"`
}

type itemView struct {
	ProductID string `json:"product_id"`
	Name      string `json:"name"`
	Price     money  `json:"price"`
	Quantity  int64  `json:"quantity"`
	LineTotal money  `json:"line_total"`
	Available int64  `json:"available"`
}

type cartView struct {
	Items     []itemView `json:"items"`
	ItemCount int64      `json:"item_count"`
	Total     money      `json:"total"`
	Currency  string     `json:"currency"`
	UpdatedAt *seconds   `json:"updated_at"`
}

func (c *cart) products() []bson.ObjectID {
	ids := make([]bson.ObjectID, len(c.Lines), len(c.Lines)+1)
	for i, line := range c.Lines {
		ids[i] = line.Product
	}
	return ids
}

func (c *cart) view(products map[bson.ObjectID]*product) cartView {
	view := cartView{Items: []itemView{}, Currency: currency}
	for _, line := range c.Lines {
		p := products[line.Product]
		if p == nil {
			continue
		}
		total := money(p.Price * line.Quantity)
		view.Items = append(view.Items, itemView{p.ID.Hex(), p.Name, money(p.Price), line.Quantity, total, p.Stock})
		view.ItemCount += line.Quantity
		view.Total += total
	}
	if c.UpdatedAt != nil {
		at := seconds(*c.UpdatedAt)
		view.UpdatedAt = &at
	}
	return view
}

func (s *server) readCart(ctx context.Context, user bson.ObjectID) (cart, error) {
	var found cart
	err := s.carts.FindOne(ctx, bson.D{{Key: "_id", Value: user}}).Decode(&found)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = nil
	}
	return found, err
}

// productsOf adds what ids names and products lacks.
func (s *server) productsOf(ctx context.Context, products map[bson.ObjectID]*product, ids []bson.ObjectID) error {
	missing := make([]bson.ObjectID, 0, len(ids))
	for _, id := range ids {
		if products[id] == nil {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found, err := findProducts(ctx, s.products, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: missing}}},
		{Key: "deleted_at", Value: nil}}, options.Find().SetProjection(shown).SetHint("_id_"))
	for i := range found {
		products[found[i].ID] = &found[i]
	}
	return err
}

func (s *server) showCart(w http.ResponseWriter, r *http.Request) error {
	user, err := s.caller(w, r)
	if err != nil {
		return err
	}
	c, err := s.readCart(r.Context(), user)
	if err != nil {
		return err
	}
	products := map[bson.ObjectID]*product{}
	if err := s.productsOf(r.Context(), products, c.products()); err != nil {
		return err
	}
	return sendJSON(w, http.StatusOK, c.view(products))
}

func mayHold(c *cart, p *product, quantity int64) error {
	for _, line := range c.Lines {
		if line.Product == p.ID {
			quantity += line.Quantity
		}
	}
	switch {
	case quantity > quantityMax:
		return refuse(http.StatusUnprocessableEntity, "validation_failed")
	case quantity > p.Stock:
		return refuse(http.StatusConflict, "out_of_stock")
	}
	return nil
}

func (s *server) addToCart(w http.ResponseWriter, r *http.Request) error {
	user, err := s.caller(w, r)
	if err != nil {
		return err
	}
	var body struct {
		ProductID string `json:"product_id"`
		Quantity  int64  `json:"quantity"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	id, err := bson.ObjectIDFromHex(body.ProductID)
	if err != nil || body.Quantity < 1 || body.Quantity > quantityMax {
		return refuse(http.StatusUnprocessableEntity, "validation_failed")
	}
	ctx := r.Context()
	c, err := s.readCart(ctx, user)
	if err != nil {
		return err
	}
	products := map[bson.ObjectID]*product{}
	if err := s.productsOf(ctx, products, append(c.products(), id)); err != nil {
		return err
	}
	if products[id] == nil {
		return refuse(http.StatusNotFound, "not_found")
	}
	if err := mayHold(&c, products[id], body.Quantity); err != nil {
		return err
	}
	if err := s.putLine(ctx, user, id, body.Quantity); err != nil {
		return err
	}
	if c, err = s.readCart(ctx, user); err != nil {
		return err
	}
	if err := s.productsOf(ctx, products, c.products()); err != nil {
		return err
	}
	return sendJSON(w, http.StatusOK, c.view(products))
}

// putLine adds to the line that is there, or makes it.
func (s *server) putLine(ctx context.Context, user, id bson.ObjectID, quantity int64) error {
	touch := bson.E{Key: "$set", Value: bson.D{{Key: "updated_at", Value: time.Now()}}}
	fits := bson.D{{Key: "$elemMatch", Value: bson.D{{Key: "product", Value: id},
		{Key: "q", Value: bson.D{{Key: "$lte", Value: quantityMax - quantity}}}}}}
	for range 20 {
		done, err := s.carts.UpdateOne(ctx, bson.D{{Key: "_id", Value: user}, {Key: "lines", Value: fits}}, bson.D{touch,
			{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}, {Key: "lines.$.q", Value: quantity}}}})
		if err != nil || done.MatchedCount > 0 {
			return err
		}
		_, err = s.carts.UpdateOne(ctx, bson.D{{Key: "_id", Value: user},
			{Key: "lines.product", Value: bson.D{{Key: "$ne", Value: id}}},
			{Key: "lines." + strconv.Itoa(linesMax-1), Value: bson.D{{Key: "$exists", Value: false}}},
		}, bson.D{touch,
			{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
			{Key: "$setOnInsert", Value: bson.D{{Key: "gen", Value: int64(0)}}},
			{Key: "$push", Value: bson.D{{Key: "lines", Value: cartLine{id, quantity}}}},
		}, options.UpdateOne().SetUpsert(true))
		if !mongo.IsDuplicateKeyError(err) { // else the line appeared meanwhile, or is full
			return err
		}
	}
	return refuse(http.StatusConflict, "conflict")
}
