package sig

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// params are the parameters of a draft-cavage signature.
type params struct {
	keyID       string
	headers     []string // lower case, in order
	signature   []byte
	created     *int64
	expires     *int64
	createdText string // as sent, for the signing string
	expiresText string
}

// signatureHeader finds the one signature of a request, in Signature or in
// Authorization.
func signatureHeader(h http.Header) (string, error) {
	var found []string
	found = append(found, h["Signature"]...)
	for _, a := range h["Authorization"] {
		scheme, rest, _ := strings.Cut(a, " ")
		if strings.EqualFold(scheme, "Signature") {
			found = append(found, rest)
		}
	}
	switch {
	case len(found) == 0:
		return "", refuse(Missing)
	case len(found) > 1:
		return "", refuse(Several)
	case len(found[0]) > maxHeader:
		return "", refuse(Malformed)
	}
	return found[0], nil
}

// Claimed is the id of the key that a request says to be signed with, "" when it says
// none or more than one: what [ParseRequest] would find, with nothing else looked at.
func Claimed(h http.Header) string {
	if len(h["Signature-Input"]) > 0 {
		return claimed9421(h)
	}
	raw, err := signatureHeader(h)
	if err != nil {
		return ""
	}
	p, err := ParseParams(raw)
	if err != nil {
		return ""
	}
	return p["keyId"]
}

// ParseParams reads key="value" pairs separated by commas. A parameter that
// occurs twice is refused. The error's reason is [Malformed].
//
// Spec: draft-cavage-http-signatures-12 2.1
func ParseParams(s string) (map[string]string, error) {
	bad := refuse(Malformed)
	seen := map[string]string{}
	for s = strings.TrimSpace(s); s != ""; {
		name, rest, ok := strings.Cut(s, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, "\", \t") {
			return nil, bad
		}
		var value string
		if rest = strings.TrimLeft(rest, " \t"); strings.HasPrefix(rest, `"`) {
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 || strings.IndexByte(rest[1:end+1], '\\') >= 0 {
				return nil, bad
			}
			value, rest = rest[1:end+1], strings.TrimLeft(rest[end+2:], " \t")
			if rest != "" && rest[0] != ',' {
				return nil, bad
			}
			rest = strings.TrimPrefix(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
			value = strings.TrimSpace(value)
			if value == "" || strings.ContainsAny(value, "\" \t") {
				return nil, bad
			}
		}
		if _, twice := seen[name]; twice {
			return nil, bad
		}
		seen[name] = value
		s = strings.TrimLeft(rest, " \t")
	}
	return seen, nil
}

// parseParams reads the parameters of a signature; unknown ones, and
// algorithm, are ignored.
func parseParams(s string) (*params, error) {
	seen, err := ParseParams(s)
	if err != nil {
		return nil, err
	}
	bad := refuse(Malformed)
	p := &params{keyID: seen["keyId"], createdText: seen["created"], expiresText: seen["expires"]}
	if p.signature, err = base64.StdEncoding.DecodeString(seen["signature"]); err != nil || len(p.signature) == 0 {
		return nil, bad
	}
	if p.created, err = seconds(p.createdText); err != nil {
		return nil, err
	}
	if p.expires, err = seconds(p.expiresText); err != nil {
		return nil, err
	}
	p.headers = strings.Fields(strings.ToLower(seen["headers"]))
	if p.keyID == "" || len(p.headers) > 64 {
		return nil, bad
	}
	return p, nil
}

// seconds reads a Unix time; expires may have a fraction, which is cut.
func seconds(text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	whole, _, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return nil, refuse(Malformed)
	}
	return &n, nil
}
