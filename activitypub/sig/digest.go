package sig

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
)

// Digest returns the value of a Digest header for body.
//
// Spec: RFC 3230
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
}

// checkDigest recomputes the one digest of a Digest header over body. Several
// digests are refused, since a reader could pick another one than we do.
func checkDigest(h http.Header, body []byte) error {
	values := h["Digest"]
	if len(values) != 1 || strings.Contains(values[0], ",") {
		return refuse(BadDigest)
	}
	name, encoded, ok := strings.Cut(strings.TrimSpace(values[0]), "=")
	if !ok {
		return refuse(BadDigest)
	}
	got, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return refuse(BadDigest)
	}
	return compareDigest(name, got, body)
}

func compareDigest(name string, got, body []byte) error {
	var want []byte
	switch strings.ToLower(name) {
	case "sha-256":
		sum := sha256.Sum256(body)
		want = sum[:]
	case "sha-512":
		sum := sha512.Sum512(body)
		want = sum[:]
	}
	if want == nil || subtle.ConstantTimeCompare(want, got) != 1 {
		return refuse(BadDigest)
	}
	return nil
}
