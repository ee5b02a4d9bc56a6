package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// NormalHost checks the name of an instance and writes it as it goes into
// handles and addresses: lower case, international names in punycode, a port
// only for local tests and only when it is not the scheme's own.
func NormalHost(raw, scheme string, localTest bool) (string, error) {
	h := strings.ToLower(strings.TrimSpace(raw))
	switch {
	case h == "":
		return "", errors.New("a host name is needed, such as section.example")
	case strings.Contains(h, "://"), strings.HasSuffix(h, "/"):
		_, rest, ok := strings.Cut(h, "://")
		if !ok {
			rest = h
		}
		return "", fmt.Errorf("%q is an address; write only the host name: %s", raw, strings.TrimRight(rest, "/"))
	case strings.ContainsAny(h, "/@?#\\ "):
		return "", fmt.Errorf("%q is not a host name", raw)
	}
	name, port, err := splitPort(h)
	if err != nil {
		return "", fmt.Errorf("%q has a wrong port: %w", raw, err)
	}
	name = strings.TrimSuffix(name, ".")
	addr, ipErr := netip.ParseAddr(name)
	isIP, isLocal := ipErr == nil, name == "localhost" || strings.HasSuffix(name, ".localhost")
	switch {
	case (isLocal || isIP && addr.IsLoopback()) && !localTest:
		return "", fmt.Errorf("%q exists on this machine only; add --local-test (local_test: true) to try things out", raw)
	case isIP && !localTest:
		return "", fmt.Errorf("%q is an address of a machine; handles need a host name, such as section.example", raw)
	case isIP && !addr.Is4(), isIP && !addr.IsLoopback():
		return "", fmt.Errorf("%q is not a loopback address; local tests use 127.0.0.1 or a name ending in .localhost", raw)
	case port != "" && !localTest:
		return "", fmt.Errorf("%q has a port, which only local tests (local_test) may have; write %s and let the reverse proxy answer on 443", raw, name)
	}
	if !isIP {
		if name, err = toASCII(name); err != nil {
			return "", fmt.Errorf("%q is not a host name: %w", raw, err)
		}
		if !strings.Contains(name, ".") && !isLocal {
			return "", fmt.Errorf("%q is not a full host name; write it with its domain, such as %s.example.org", raw, name)
		}
	}
	if port == "" || scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		return name, nil
	}
	return name + ":" + port, nil
}

func toASCII(name string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil {
		return "", errors.New("letters, digits, hyphens and dots only")
	}
	if len(ascii) > 253 {
		return "", errors.New("longer than 253 characters")
	}
	for label := range strings.SplitSeq(ascii, ".") {
		switch {
		case label == "":
			return "", errors.New("nothing between two dots")
		case len(label) > 63:
			return "", errors.New("a part is longer than 63 characters")
		case label[0] == '-' || label[len(label)-1] == '-':
			return "", errors.New("a part begins or ends with a hyphen")
		}
		for _, r := range label {
			if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') {
				return "", errors.New("letters, digits, hyphens and dots only")
			}
		}
	}
	return ascii, nil
}

func splitPort(h string) (name, port string, err error) {
	if !strings.Contains(h, ":") {
		return h, "", nil
	}
	name, port, err = net.SplitHostPort(h)
	if err != nil {
		return "", "", errors.New("write name:port, the port being a number from 1 to 65535")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", "", errors.New("a port is a number from 1 to 65535")
	}
	return name, strconv.FormatUint(n, 10), nil
}

// defaultListen is the address to listen on when none is given: for a local
// test the one that the host names, else the one that the examples of reverse
// proxies use.
func defaultListen(host string, localTest bool) string {
	name, port, err := net.SplitHostPort(host)
	if !localTest || err != nil {
		return "127.0.0.1:8080"
	}
	if ip, err := netip.ParseAddr(name); err == nil && ip.IsLoopback() {
		return net.JoinHostPort(name, port)
	}
	return net.JoinHostPort("127.0.0.1", port)
}

// checkListen refuses a listen address that net.Listen would not take, and one
// that the world could reach in a local test.
func checkListen(listen string, localTest bool) error {
	name, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("%q is not an address and a port, such as 127.0.0.1:8080", listen)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("%q has a wrong port: a port is a number from 1 to 65535", listen)
	}
	ip, err := netip.ParseAddr(name)
	if err != nil && name != "" && name != "localhost" {
		return fmt.Errorf("%q is not an address of this machine; write numbers, such as 127.0.0.1:%s, or 0.0.0.0:%s for all networks", listen, port, port)
	}
	if localTest && name != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("local_test is refused on %s, which others can reach; write 127.0.0.1:%s", listen, port)
	}
	return nil
}
