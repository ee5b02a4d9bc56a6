package httpx

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// clientAddr is the address of the client; behind a proxy on this machine it is
// the last one that the proxy noted. A client's own X-Forwarded-For comes
// before that one and is never believed.
func clientAddr(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip.IsLoopback() {
		if lines := r.Header.Values("X-Forwarded-For"); len(lines) > 0 {
			all := strings.Split(lines[len(lines)-1], ",")
			if fwd, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
				ip = fwd
			}
		}
	}
	return network(ip.Unmap())
}

// network is what a limit counts: an IPv4 address, or the /64 of an IPv6 one,
// since one household has all of that.
func network(ip netip.Addr) string {
	if ip.Is4() {
		return ip.String()
	}
	p, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return ip.String()
	}
	return p.String()
}

func asError[T error](err error, target *T) bool { return errors.As(err, target) }
