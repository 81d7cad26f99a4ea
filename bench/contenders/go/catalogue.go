// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

const (
	currency = "USD"
	pageSize = 20
)

var shown = bson.D{
	{Key: "name", Value: 1}, {Key: "description", Value: 1}, {Key: "price", Value: 1}, {Key: "category", Value: 1},
	{Key: "stock", Value: 1}, {Key: "image_url", Value: 1}, {Key: "featured", Value: 1},
	{Key: "created_at", Value: 1}, {Key: "updated_at", Value: 1},
}

var shownByName = append(slices.Clone(shown), bson.E{Key: "by_name", Value: 1})

// money is an amount in minor units, printed in major ones.
type money int64

func (m money) MarshalJSON() ([]byte, error) {
	text := strconv.AppendInt(nil, int64(m)/100, 10)
	return append(text, '.', byte('0'+m%100/10), byte('0'+m%10)), nil
}

// seconds prints a time as the API does.
type seconds time.Time

func (s seconds) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(s).UTC().Format(`"2006-01-02T15:04:05Z"`)), nil
}

type product struct {
	ID          bson.ObjectID `bson:"_id"`
	Name        string        `bson:"name"`
	Description string        `bson:"description"`
	Price       int64         `bson:"price"`
	Category    string        `bson:"category"`
	Stock       int64         `bson:"stock"`
	ImageURL    *string       `bson:"image_url"`
	Featured    bool          `bson:"featured"`
	CreatedAt   time.Time     `bson:"created_at"`
	UpdatedAt   time.Time     `bson:"updated_at"`
	ByName      string        `bson:"by_name"`
}

type productView struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Price       money   `json:"price"`
	Currency    string  `json:"currency"`
	Category    string  `json:"category"`
	Stock       int64   `json:"stock"`
	ImageURL    *string `json:"image_url"`
	Featured    bool    `json:"featured"`
	CreatedAt   seconds `json:"created_at"`
	UpdatedAt   seconds `json:"updated_at"`
}

func (p *product) view() productView {
	return productView{
		ID: p.ID.Hex(), Name: p.Name, Description: p.Description, Price: money(p.Price), Currency: currency,
		Category: p.Category, Stock: p.Stock, ImageURL: p.ImageURL, Featured: p.Featured,
		CreatedAt: seconds(p.CreatedAt), UpdatedAt: seconds(p.UpdatedAt),
	}
}

type page struct {
	Items      []productView `json:"items"`
	NextCursor *string       `json:"next_cursor"`
}

func pageFrom(found []product, limit int64, cursorOf func(*product) string) page {
	more := int64(len(found)) > limit
	if more {
		found = found[:limit]
	}
	result := page{Items: make([]productView, len(found))}
	for i := range found {
		result.Items[i] = found[i].view()
	}
	if more {
		cursor := cursorOf(&found[limit-1])
		result.NextCursor = &cursor
	}
	return result
}

// wordsOf: NFKD, folded, without marks, split at what is no letter or digit.
func wordsOf(text string) []string {
	folded := norm.NFKD.String(cases.Fold().String(norm.NFKD.String(text)))
	folded = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) {
			return -1
		}
		return r
	}, folded)
	words := []string{}
	for _, word := range strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// cursor is where a page stopped.
type cursor struct {
	sort   string
	text   *string
	number int64
	id     string
}

func (c cursor) encode() string {
	raw, _ := json.Marshal([]any{c.sort, c.text, c.number, c.id})
	return base64.RawURLEncoding.EncodeToString(raw)
}

func decodeCursor(text, sort string) (cursor, error) {
	wrong := refuse(http.StatusUnprocessableEntity, "validation_failed")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return cursor{}, wrong
	}
	var found cursor
	if json.Unmarshal(raw, &[]any{&found.sort, &found.text, &found.number, &found.id}) != nil || found.sort != sort {
		return cursor{}, wrong
	}
	if _, err := bson.ObjectIDFromHex(found.id); err != nil {
		return cursor{}, wrong
	}
	return found, nil
}

func findProducts(ctx context.Context, products *mongo.Collection, filter bson.D, opts *options.FindOptionsBuilder) ([]product, error) {
	found := []product{}
	rows, err := products.Find(ctx, filter, opts)
	if err != nil {
		return nil, err
	}
	return found, rows.All(ctx, &found)
}

func newest(ctx context.Context, products *mongo.Collection, limit int64, after string, conditions bson.D) (page, error) {
	const sort = "-created_at"
	filter := append(bson.D{{Key: "deleted_at", Value: nil}}, conditions...)
	if after != "" {
		at, err := decodeCursor(after, sort)
		if err != nil {
			return page{}, err
		}
		key := fmt.Sprintf("%016x%s", at.number/1000, at.id)
		filter = append(filter, bson.E{Key: "by_created", Value: bson.D{{Key: "$lt", Value: key}}})
	}
	found, err := findProducts(ctx, products, filter, options.Find().SetProjection(shown).
		SetSort(bson.D{{Key: "by_created", Value: -1}}).SetLimit(limit+1))
	if err != nil {
		return page{}, err
	}
	return pageFrom(found, limit, func(p *product) string {
		return cursor{sort: sort, number: p.CreatedAt.UnixMilli() * 1000, id: p.ID.Hex()}.encode()
	}), nil
}

// search finds products with every word in their name first, then the others; each by name.
func search(ctx context.Context, products *mongo.Collection, words []string, limit int64, after string) (page, error) {
	const sort = "relevance"
	if len(words) == 0 {
		return page{Items: []productView{}}, nil
	}
	all := bson.D{{Key: "$all", Value: words}}
	var rank int64
	var behind bson.D
	if after != "" {
		at, err := decodeCursor(after, sort)
		if err != nil || at.text == nil {
			return page{}, refuse(http.StatusUnprocessableEntity, "validation_failed")
		}
		rank = at.number
		behind = bson.D{{Key: "by_name", Value: bson.D{{Key: "$gt", Value: *at.text + "\x01" + at.id}}}}
	}
	read := func(filter bson.D, count int64, index string) ([]product, error) {
		return findProducts(ctx, products, append(filter, behind...), options.Find().SetProjection(shownByName).
			SetSort(bson.D{{Key: "by_name", Value: 1}}).SetLimit(count).SetHint(index))
	}
	found := []product{}
	var err error
	titles := 0
	if rank == 0 {
		found, err = read(bson.D{{Key: "deleted_at", Value: nil}, {Key: "name_words", Value: all}}, limit+1, "title_name")
		if err != nil {
			return page{}, err
		}
		titles, behind = len(found), nil
	}
	if int64(len(found)) <= limit {
		others, err := read(bson.D{{Key: "deleted_at", Value: nil}, {Key: "words", Value: all},
			{Key: "$nor", Value: bson.A{bson.D{{Key: "name_words", Value: all}}}}}, limit+1-int64(len(found)), "words_name")
		if err != nil {
			return page{}, err
		}
		found = append(found, others...)
	}
	return pageFrom(found, limit, func(p *product) string {
		name, _, _ := strings.Cut(p.ByName, "\x01")
		part := int64(1)
		if limit-1 < int64(titles) {
			part = 0
		}
		return cursor{sort: sort, text: &name, number: part, id: p.ID.Hex()}.encode()
	}), nil
}
