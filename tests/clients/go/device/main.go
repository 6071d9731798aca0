// One login without a browser with golang.org/x/oauth2: prints what a person needs to allow it, as JSON, waits until
// somebody has, prints the tokens, refreshes once, and prints those.
// The one argument is JSON: token_endpoint, device_authorization_endpoint, client_id, client_secret (absent for a public
// client), scopes.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"golang.org/x/oauth2"
)

type wanted struct {
	Token  string   `json:"token_endpoint"`
	Device string   `json:"device_authorization_endpoint"`
	ID     string   `json:"client_id"`
	Secret string   `json:"client_secret"`
	Scopes []string `json:"scopes"`
}

type ended struct {
	Error     string `json:"error,omitempty"`
	Access    string `json:"access_token,omitempty"`
	Identity  any    `json:"id_token,omitempty"`
	Refreshed string `json:"refreshed,omitempty"`
}

func tell(value any) {
	if err := json.NewEncoder(os.Stdout).Encode(value); err != nil {
		panic(err)
	}
}

func main() {
	var asked wanted
	if err := json.Unmarshal([]byte(os.Args[1]), &asked); err != nil {
		panic(err)
	}
	ctx := context.Background()
	config := oauth2.Config{
		ClientID:     asked.ID,
		ClientSecret: asked.Secret,
		Scopes:       asked.Scopes,
		Endpoint:     oauth2.Endpoint{DeviceAuthURL: asked.Device, TokenURL: asked.Token},
	}
	var options []oauth2.AuthCodeOption
	if asked.Secret != "" {
		// By itself the library says here who it is, and does not prove it (RFC 8628, section 3.1).
		options = append(options, oauth2.SetAuthURLParam("client_secret", asked.Secret))
	}
	begun, err := config.DeviceAuth(ctx, options...)
	if err != nil {
		panic(err)
	}
	tell(begun)
	token, err := config.DeviceAccessToken(ctx, begun)
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		tell(ended{Error: refused.ErrorCode})
		return
	}
	if err != nil {
		panic(err)
	}
	answer := ended{Access: token.AccessToken, Identity: token.Extra("id_token")}
	if token.RefreshToken != "" {
		// What has an access token that is over refreshes by itself.
		old := &oauth2.Token{RefreshToken: token.RefreshToken}
		fresh, err := config.TokenSource(ctx, old).Token()
		if err != nil {
			panic(fmt.Errorf("refresh: %w", err))
		}
		answer.Refreshed = fresh.AccessToken
	}
	tell(answer)
}
