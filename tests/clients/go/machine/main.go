// A token for a machine with golang.org/x/oauth2/clientcredentials, by each of its ways to authenticate: prints the
// scope that was given and what UserInfo answers, then how a scope is refused that it may not have, as JSON.
// The one argument is JSON: token_endpoint, userinfo_endpoint, client_id, client_secret, scope.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

type wanted struct {
	Token    string `json:"token_endpoint"`
	UserInfo string `json:"userinfo_endpoint"`
	ID       string `json:"client_id"`
	Secret   string `json:"client_secret"`
	Scope    string `json:"scope"`
}

type ended struct {
	Scope    any    `json:"scope"`
	Type     string `json:"token_type"`
	UserInfo int    `json:"userinfo"`
	Refused  string `json:"refused"`
}

func try(asked wanted, style oauth2.AuthStyle) ended {
	ctx := context.Background()
	config := clientcredentials.Config{
		ClientID:     asked.ID,
		ClientSecret: asked.Secret,
		TokenURL:     asked.Token,
		Scopes:       []string{asked.Scope},
		AuthStyle:    style,
	}
	token, err := config.Token(ctx)
	if err != nil {
		panic(err)
	}
	answer, err := config.Client(ctx).Get(asked.UserInfo)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	config.Scopes = []string{"none-of-its-own"}
	var refused *oauth2.RetrieveError
	if _, err = config.Token(ctx); !errors.As(err, &refused) {
		panic(err)
	}
	return ended{token.Extra("scope"), token.Type(), answer.StatusCode, refused.ErrorCode}
}

func main() {
	var asked wanted
	if err := json.Unmarshal([]byte(os.Args[1]), &asked); err != nil {
		panic(err)
	}
	all := map[string]ended{
		"auto":   try(asked, oauth2.AuthStyleAutoDetect),
		"header": try(asked, oauth2.AuthStyleInHeader),
		"form":   try(asked, oauth2.AuthStyleInParams),
	}
	if err := json.NewEncoder(os.Stdout).Encode(all); err != nil {
		panic(err)
	}
}
