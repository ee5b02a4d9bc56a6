package fetch

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// Guard decides which addresses may be reached. The zero value allows public
// addresses by https on ports 443 and 80.
type Guard struct {
	// Local is for tests on one machine: also 127.0.0.0/8 and ::1, on any
	// port, by http or https. Names that end in .localhost are 127.0.0.1
	// then, without DNS. Other private addresses stay refused.
	Local bool
}

// forbidden are the IPv4 blocks that are not plain public unicast.
var forbidden = prefixes(
	"0.0.0.0/8",       // this network
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // carrier-grade NAT
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local, cloud metadata
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.31.196.0/24", // AS112
	"192.52.193.0/24", // AMT
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"192.175.48.0/24", // AS112
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, broadcast
)

// global6 is all of IPv6 that is public unicast, less the parts of it that
// carry an IPv4 address or are not for use.
var (
	global6    = netip.MustParsePrefix("2000::/3")
	forbidden6 = prefixes(
		"2001::/23",     // protocol assignments, Teredo, ORCHID
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4
		"3fff::/20",     // documentation
	)
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

var (
	errAddress = errors.New("address not allowed")
	errPort    = errors.New("port not allowed")
)

// Addr checks one address. NAT64, 6to4, Teredo and IPv4-mapped addresses are
// refused whatever they carry.
func (g Guard) Addr(a netip.Addr) error {
	if !a.IsValid() || a.Zone() != "" || a.Is4In6() {
		return errAddress
	}
	if g.Local && (a.Is4() && a.As4()[0] == 127 || a == netip.IPv6Loopback()) {
		return nil
	}
	blocked := forbidden
	if a.Is6() {
		if !global6.Contains(a) {
			return errAddress
		}
		blocked = forbidden6
	}
	for _, p := range blocked {
		if p.Contains(a) {
			return errAddress
		}
	}
	return nil
}

func (g Guard) addrPort(ap netip.AddrPort) error {
	if err := g.Addr(ap.Addr()); err != nil {
		return err
	}
	if !g.loopback(ap.Addr()) && ap.Port() != 443 && ap.Port() != 80 {
		return errPort
	}
	return nil
}

func (g Guard) loopback(a netip.Addr) bool { return g.Local && a.IsLoopback() }

// control is called with the address about to be connected to.
func (g Guard) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return errAddress
	}
	return g.addrPort(ap)
}

// URL checks what can be checked before DNS: scheme, host, no user info,
// addresses written as such, and the port.
func (g Guard) URL(u *url.URL) error {
	host := u.Hostname()
	if host == "" || u.User != nil || u.Opaque != "" {
		return errors.New("URL not allowed")
	}
	// local: certainly this machine. port: any port will do so far; what a
	// name other than .localhost stands for is only known when connecting.
	local, port := g.Local && isLocalhost(host), g.Local
	if a, err := netip.ParseAddr(host); err == nil {
		if err := g.Addr(a); err != nil {
			return err
		}
		local, port = g.loopback(a), g.loopback(a)
	}
	switch u.Scheme {
	case "https":
	case "http":
		if !local {
			return errors.New("only https is allowed")
		}
	default:
		return errors.New("scheme not allowed")
	}
	if p := u.Port(); !port && p != "" && p != "443" && p != "80" {
		return errPort
	}
	return nil
}

// isLocalhost reports whether a name is one of those that RFC 6761 reserves
// for the machine itself.
func isLocalhost(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// dialAddr maps the reserved names to loopback, in local mode only.
func (g Guard) dialAddr(address string) string {
	host, port, err := net.SplitHostPort(address)
	if g.Local && err == nil && isLocalhost(host) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}
