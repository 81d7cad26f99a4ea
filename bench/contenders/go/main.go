// SPDX-License-Identifier: MIT

// The benchmarked subset of the shop's API with Go's net/http, over the same collections and the same Redis.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const cacheTTL = 60 * time.Second

type server struct {
	products, users, sessions, carts, orders *mongo.Collection
	redis                                    *redis.Client
	prefix                                   string
	key                                      []byte
	limit                                    int64
	place                                    placer
}

// placer places an order; a stored reply when its key is known by now.
type placer func(ctx context.Context, user bson.ObjectID, body *newOrder, key, fingerprint string) (*order, []byte, error)

// refused is an error with a status of its own.
type refused struct {
	status int
	code   string
}

func (r refused) Error() string { return r.code }

func refuse(status int, code string) error { return refused{status, code} }

type handler func(w http.ResponseWriter, r *http.Request) error

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := h(w, r)
	if err == nil {
		return
	}
	var known refused
	if !errors.As(err, &known) {
		log.Print(err)
		known = refused{http.StatusInternalServerError, "internal"}
	}
	body, _ := json.Marshal(map[string]any{"code": known.code, "status": known.status})
	send(w, known.status, "application/problem+json", body)
}

func send(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func sendJSON(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	send(w, status, "application/json", body)
	return nil
}

func readJSON(w http.ResponseWriter, r *http.Request, value any) error {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(value); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return refuse(http.StatusUnprocessableEntity, "validation_failed")
		}
		return refuse(http.StatusBadRequest, "json_invalid")
	}
	return nil
}

// counted is one trip to Redis: the rate limit, and what else is wanted.
func (s *server) counted(w http.ResponseWriter, r *http.Request, more func(redis.Pipeliner)) error {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return err
	}
	ctx := r.Context()
	name := s.prefix + "rate:" + host + ":" + strconv.FormatInt(time.Now().Unix()/60, 10)
	pipe := s.redis.Pipeline()
	hits := pipe.Incr(ctx, name)
	pipe.Expire(ctx, name, time.Minute)
	more(pipe)
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	left := s.limit - hits.Val()
	if left < 0 {
		return refuse(http.StatusTooManyRequests, "rate_limited")
	}
	w.Header().Set("X-RateLimit-Limit", strconv.FormatInt(s.limit, 10))
	w.Header().Set("X-RateLimit-Remaining", strconv.FormatInt(left, 10))
	return nil
}

// cached answers cache-aside.
func (s *server) cached(w http.ResponseWriter, r *http.Request, key string, make func() (any, error)) error {
	var found *redis.StringCmd
	err := s.counted(w, r, func(pipe redis.Pipeliner) { found = pipe.Get(r.Context(), s.prefix+key) })
	if err != nil {
		return err
	}
	body, err := found.Bytes()
	if errors.Is(err, redis.Nil) {
		value, err := make()
		if err != nil {
			return err
		}
		if body, err = json.Marshal(value); err != nil {
			return err
		}
		if err := s.redis.Set(r.Context(), s.prefix+key, body, cacheTTL).Err(); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	send(w, http.StatusOK, "application/json", body)
	return nil
}

func pageOf(r *http.Request) (limit int64, cursor string, err error) {
	limit, cursor = pageSize, r.URL.Query().Get("cursor")
	if text := r.URL.Query().Get("limit"); text != "" {
		limit, err = strconv.ParseInt(text, 10, 64)
	}
	if err != nil || limit < 1 || limit > 100 {
		return 0, "", refuse(http.StatusUnprocessableEntity, "validation_failed")
	}
	return limit, cursor, nil
}

func (s *server) listProducts(w http.ResponseWriter, r *http.Request) error {
	limit, cursor, err := pageOf(r)
	if err != nil {
		return err
	}
	where := strconv.FormatInt(limit, 10) + ":" + cursor
	if query := r.URL.Query(); query.Has("q") {
		words := wordsOf(query.Get("q"))
		return s.cached(w, r, "search:"+where+":"+strings.Join(words, " "), func() (any, error) {
			return search(r.Context(), s.products, words, limit, cursor)
		})
	}
	return s.cached(w, r, "list:"+where, func() (any, error) {
		return newest(r.Context(), s.products, limit, cursor, nil)
	})
}

func (s *server) listFeatured(w http.ResponseWriter, r *http.Request) error {
	limit, cursor, err := pageOf(r)
	if err != nil {
		return err
	}
	return s.cached(w, r, "featured:"+strconv.FormatInt(limit, 10)+":"+cursor, func() (any, error) {
		return newest(r.Context(), s.products, limit, cursor, bson.D{{Key: "featured", Value: true}})
	})
}

func (s *server) showProduct(w http.ResponseWriter, r *http.Request) error {
	id, err := bson.ObjectIDFromHex(r.PathValue("id"))
	if err != nil {
		return refuse(http.StatusNotFound, "not_found")
	}
	return s.cached(w, r, "product:"+id.Hex(), func() (any, error) {
		var found product
		err := s.products.FindOne(r.Context(), bson.D{{Key: "_id", Value: id}, {Key: "deleted_at", Value: nil}},
			options.FindOne().SetProjection(shown)).Decode(&found)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return nil, refuse(http.StatusNotFound, "not_found")
		}
		return found.view(), err
	})
}

func environment(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s is not set", name)
	}
	return value
}

func open() *server {
	limit, err := strconv.ParseInt(environment("RATE_LIMIT"), 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	uri := environment("MONGO_URI")
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetMaxPoolSize(128))
	if err != nil {
		log.Fatal(err)
	}
	name, _, _ := strings.Cut(uri[strings.LastIndex(uri, "/")+1:], "?")
	db := client.Database(name)
	return &server{
		products: db.Collection("products"), users: db.Collection("users"), sessions: db.Collection("sessions"),
		carts: db.Collection("carts"), orders: db.Collection("orders"),
		redis:  redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + environment("REDIS_PORT"), PoolSize: 64}),
		prefix: environment("PREFIX"), key: []byte(environment("JWT_KEY")), limit: limit,
	}
}

func main() {
	s := open()
	s.place = s.inSteps
	if os.Getenv("TRANSACTION") != "" {
		s.place = s.inTransaction
	}
	mux := http.NewServeMux()
	mux.Handle("GET /health", handler(func(w http.ResponseWriter, r *http.Request) error {
		return sendJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	}))
	mux.Handle("GET /api/products", handler(s.listProducts))
	mux.Handle("GET /api/products/featured", handler(s.listFeatured))
	mux.Handle("GET /api/products/{id}", handler(s.showProduct))
	mux.Handle("GET /api/cart", handler(s.showCart))
	mux.Handle("POST /api/cart", handler(s.addToCart))
	mux.Handle("POST /api/orders", handler(s.placeOrder))
	mux.Handle("POST /api/auth/login", handler(s.login))
	web := &http.Server{
		Addr: "127.0.0.1:" + environment("PORT"), Handler: mux, ReadHeaderTimeout: 20 * time.Second,
		IdleTimeout: 75 * time.Second,
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	go func() {
		<-stop.Done()
		ctx, done := context.WithTimeout(context.Background(), 5*time.Second)
		defer done()
		_ = web.Shutdown(ctx)
	}()
	if err := web.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}
