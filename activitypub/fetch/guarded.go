package fetch

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// Transport is an HTTP transport that connects only where the guard allows,
// whatever a name turns out to stand for. The caller checks URLs with
// Guard.URL, follows no redirects and bounds the time of its requests.
func (g Guard) Transport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: g.control}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, g.dialAddr(address))
		},
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: handshakeTimeout,
		MaxIdleConns:        64,
		MaxIdleConnsPerHost: 8,
		IdleConnTimeout:     keptFor,
	}
}
