// Dex's server with one client and one connector of its kind "oauth", as `dex serve` would run it
// but for the gRPC API: that is a module of its own, which is not to be had at the same commit.
//
// The one argument is a file of JSON; see configuration.
package main

import (
	"context"
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"os"
	"time"

	gosundheit "github.com/AppsFlyer/go-sundheit"
	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/server/signer"
	"github.com/dexidp/dex/server/tokens"
	"github.com/dexidp/dex/storage"
	"github.com/dexidp/dex/storage/memory"
	"github.com/dexidp/dex/storage/sql"
	"github.com/prometheus/client_golang/prometheus"
)

// The defaults of `dex serve`.
const (
	keysRotate    = "6h"
	idTokensValid = 24 * time.Hour
)

type configuration struct {
	Issuer  string `json:"issuer"`
	Address string `json:"address"`
	// The file of SQLite; everything is in memory if it is empty.
	File      string          `json:"file"`
	Client    storage.Client  `json:"client"`
	Connector json.RawMessage `json:"connector"`
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var wanted configuration
	if err := json.Unmarshal(text, &wanted); err != nil {
		log.Fatal(err)
	}
	handler, err := dex(wanted)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(wanted.Address, handler))
}

func dex(wanted configuration) (http.Handler, error) {
	ctx, logger := context.Background(), slog.New(slog.NewTextHandler(os.Stderr, nil))
	now := func() time.Time { return time.Now().UTC() }
	kept, err := open(wanted, logger)
	if err != nil {
		return nil, err
	}
	keys := signer.LocalConfig{KeysRotationPeriod: keysRotate}
	signs, err := keys.Open(ctx, kept, idTokensValid, now, logger)
	if err != nil {
		return nil, err
	}
	refreshing, err := tokens.NewRefreshTokenPolicy(logger, false, "", "", "")
	if err != nil {
		return nil, err
	}
	return server.NewServer(ctx, server.Config{
		Issuer:             wanted.Issuer,
		Storage:            kept,
		SkipApprovalScreen: true,
		IDTokensValidFor:   idTokensValid,
		RefreshTokenPolicy: refreshing,
		Signer:             signs,
		PrometheusRegistry: prometheus.NewRegistry(),
		HealthChecker:      gosundheit.New(),
		Logger:             logger,
		Now:                now,
	})
}

// Opens what Dex keeps, with the client and the connector in it.
func open(wanted configuration, logger *slog.Logger) (storage.Storage, error) {
	var kept storage.Storage = memory.New(logger)
	if wanted.File != "" {
		var err error
		if kept, err = (&sql.SQLite3{File: wanted.File}).Open(logger); err != nil {
			return nil, err
		}
	}
	discord := storage.Connector{ID: "discord", Type: "oauth", Name: "Discord", Config: wanted.Connector}
	kept = storage.WithStaticClients(kept, []storage.Client{wanted.Client})
	return storage.WithStaticConnectors(kept, []storage.Connector{discord}), nil
}
