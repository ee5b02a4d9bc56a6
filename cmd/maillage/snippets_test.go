package main

import (
	"os"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/config"
)

// TestProxiesPassOnWhatAppsNeed holds what is pasted for nginx, here and in the
// README, to what apps need of it: live updates over a WebSocket, for which nginx
// must be told of the upgrade, and a film with its thumbnail in one request.
func TestProxiesPassOnWhatAppsNeed(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"init": snippets(&config.Config{Host: "section.example", Dir: "/srv/maillage"}), "README.md": string(readme)} {
		for _, line := range []string{"proxy_http_version 1.1;", "proxy_set_header Upgrade $http_upgrade;", `proxy_set_header Connection "upgrade";`, "client_max_body_size 60m;"} {
			if !strings.Contains(text, line) {
				t.Errorf("%s has no %q", name, line)
			}
		}
	}
}
