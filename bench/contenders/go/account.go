// SPDX-License-Identifier: MIT

package main

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/crypto/argon2"
)

const (
	accessLife  = 15 * time.Minute
	refreshLife = 7 * 24 * time.Hour
	longestLife = 30 * 24 * time.Hour
	// verified for unknown accounts, so that they cost the same
	nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

type claims struct {
	jwt.RegisteredClaims
	Use     string `json:"use"`
	Session string `json:"sid"`
	Role    string `json:"role,omitempty"`
}

var parser = jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer("mod_shop"),
	jwt.WithAudience("shop"),
	jwt.WithLeeway(30*time.Second), jwt.WithExpirationRequired())

// caller is the signed-in user; one trip to Redis for the limit and the list of ended sessions.
func (s *server) caller(w http.ResponseWriter, r *http.Request) (bson.ObjectID, error) {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return bson.NilObjectID, refuse(http.StatusUnauthorized, "token_missing")
	}
	var found claims
	_, err := parser.ParseWithClaims(text, &found, func(*jwt.Token) (any, error) { return s.key, nil })
	if err != nil || found.Use != "access" {
		return bson.NilObjectID, refuse(http.StatusUnauthorized, "token_invalid")
	}
	var ended *redis.IntCmd
	err = s.counted(w, r, func(pipe redis.Pipeliner) {
		ended = pipe.Exists(r.Context(), s.prefix+"ended:"+found.Session)
	})
	if err != nil {
		return bson.NilObjectID, err
	}
	if ended.Val() != 0 {
		return bson.NilObjectID, refuse(http.StatusUnauthorized, "token_revoked")
	}
	return bson.ObjectIDFromHex(found.Subject)
}

func randomText(size int) string {
	bytes := make([]byte, size)
	_, _ = rand.Read(bytes) // never fails
	return base64.RawURLEncoding.EncodeToString(bytes)
}

// passwordMatches reads the PHC string of an Argon2id hash.
func passwordMatches(stored, password string) bool {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	wanted, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(wanted)))
	return subtle.ConstantTimeCompare(got, wanted) == 1
}

type user struct {
	ID            bson.ObjectID `bson:"_id"`
	Username      string        `bson:"username"`
	Email         string        `bson:"email"`
	PasswordHash  string        `bson:"password_hash"`
	Role          string        `bson:"role"`
	EmailVerified bool          `bson:"email_verified"`
	Disabled      bool          `bson:"disabled"`
	CreatedAt     time.Time     `bson:"created_at"`
	UpdatedAt     time.Time     `bson:"updated_at"`
}

type userView struct {
	ID            string  `json:"id"`
	Username      string  `json:"username"`
	Email         string  `json:"email"`
	Role          string  `json:"role"`
	EmailVerified bool    `json:"email_verified"`
	CreatedAt     seconds `json:"created_at"`
	UpdatedAt     seconds `json:"updated_at"`
}

type tokensView struct {
	AccessToken      string   `json:"access_token"`
	RefreshToken     string   `json:"refresh_token"`
	TokenType        string   `json:"token_type"`
	ExpiresIn        int64    `json:"expires_in"`
	RefreshExpiresIn int64    `json:"refresh_expires_in"`
	User             userView `json:"user"`
}

func (s *server) sign(subject, session, id, use, role string, life time.Duration) (string, error) {
	at := time.Now()
	audience := "shop"
	if use == "refresh" {
		audience = "shop/refresh"
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: "mod_shop", Audience: jwt.ClaimStrings{audience}, Subject: subject, ID: id,
			IssuedAt: jwt.NewNumericDate(at), NotBefore: jwt.NewNumericDate(at), ExpiresAt: jwt.NewNumericDate(at.Add(life)),
		}, Use: use, Session: session, Role: role,
	})
	token.Header["kid"] = "bench"
	return token.SignedString(s.key)
}

func (s *server) findUser(r *http.Request, email string) (user, error) {
	found := user{PasswordHash: nobody}
	err := s.users.FindOne(r.Context(), bson.D{{Key: "email_key", Value: email}}).Decode(&found)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = nil
	}
	return found, err
}

func (s *server) openSession(r *http.Request, u user) (session, refreshID string, err error) {
	session, refreshID = randomText(16), randomText(16)
	digest := sha256.Sum256([]byte(refreshID))
	at := time.Now()
	_, err = s.sessions.InsertOne(r.Context(), bson.D{
		{Key: "_id", Value: session}, {Key: "user_id", Value: u.ID}, {Key: "role", Value: u.Role},
		{Key: "current", Value: hex.EncodeToString(digest[:])}, {Key: "created_at", Value: at},
		{Key: "expires_at", Value: at.Add(refreshLife)}, {Key: "absolute_at", Value: at.Add(longestLife)},
		{Key: "revoked", Value: false},
	})
	return session, refreshID, err
}

func (s *server) login(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	email := strings.ToLower(body.Email)
	failures := s.prefix + "failed:" + email
	var failed *redis.StringCmd
	err := s.counted(w, r, func(pipe redis.Pipeliner) { failed = pipe.Get(r.Context(), failures) })
	if err != nil {
		return err
	}
	if count, _ := failed.Int64(); count >= s.limit {
		return refuse(http.StatusTooManyRequests, "rate_limited")
	}
	u, err := s.findUser(r, email)
	if err != nil {
		return err
	}
	if matches := passwordMatches(u.PasswordHash, body.Password); !matches || u.Disabled || u.ID.IsZero() {
		pipe := s.redis.Pipeline()
		pipe.Incr(r.Context(), failures)
		pipe.Expire(r.Context(), failures, 15*time.Minute)
		if _, err := pipe.Exec(r.Context()); err != nil {
			return err
		}
		return refuse(http.StatusUnauthorized, "invalid_credentials")
	}
	session, refreshID, err := s.openSession(r, u)
	if err != nil {
		return err
	}
	access, err := s.sign(u.ID.Hex(), session, randomText(16), "access", u.Role, accessLife)
	if err != nil {
		return err
	}
	refresh, err := s.sign(u.ID.Hex(), session, refreshID, "refresh", "", refreshLife)
	if err != nil {
		return err
	}
	return sendJSON(w, http.StatusOK, tokensView{
		AccessToken: access, RefreshToken: refresh, TokenType: "Bearer", ExpiresIn: int64(accessLife / time.Second),
		RefreshExpiresIn: int64(refreshLife / time.Second), User: userView{
			ID: u.ID.Hex(), Username: u.Username, Email: u.Email, Role: u.Role, EmailVerified: u.EmailVerified,
			CreatedAt: seconds(u.CreatedAt), UpdatedAt: seconds(u.UpdatedAt),
		},
	})
}
