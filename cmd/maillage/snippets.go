package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/maillage/maillage/internal/config"
)

// snippets are what an administrator pastes to run an instance for good, with
// the right names in them.
func snippets(c *config.Config) string {
	program, err := os.Executable()
	if err != nil {
		program = "/usr/local/bin/maillage"
	}
	return fmt.Sprintf(`To start it with the machine, as /etc/systemd/system/maillage.service
(after: useradd --system maillage; chown -R maillage %[2]s):

  [Unit]
  Description=Maillage, %[1]s
  After=network-online.target
  Wants=network-online.target

  [Service]
  User=maillage
  ExecStart=%[3]s serve --dir %[2]s
  Restart=on-failure
  TimeoutStopSec=30
  ProtectSystem=strict
  ReadWritePaths=%[2]s
  NoNewPrivileges=yes
  PrivateTmp=yes

  [Install]
  WantedBy=multi-user.target

To answer on https, one of these reverse proxies. Caddy:

  %[1]s {
      reverse_proxy %[4]s
  }

or nginx, inside a server block that has the certificate:

  location / {
      proxy_pass http://%[4]s;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      client_max_body_size 60m;
  }

Then ask whether all is well:  maillage doctor --dir %[2]s`,
		c.Host, shellQuote(c.Dir), program, c.Listen)
}

// shellQuote writes a path so that it can be pasted into a shell.
func shellQuote(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@,", r))
	}) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
