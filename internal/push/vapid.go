package push

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"net/url"
	"time"
)

// vapid is the key by which push services know the instance.
//
// Spec: RFC 8292
type vapid struct {
	key    *ecdsa.PrivateKey
	public string // base64url of the uncompressed point
}

// newVapid makes the key from the instance's own secret of 32 bytes.
func newVapid(secret []byte) (*vapid, error) {
	seed := secret
	for {
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed)
		if err != nil { // one secret in four thousand million is no key
			next := sha256.Sum256(seed)
			seed = next[:]
			continue
		}
		public, err := key.PublicKey.Bytes()
		if err != nil {
			return nil, err
		}
		return &vapid{key, encode64(public)}, nil
	}
}

// tokenAge is how long a signature counts; push services refuse more than a day.
const tokenAge = 12 * time.Hour

// token signs for the origin of an endpoint. contact is an address of the instance.
func (v *vapid) token(endpoint, contact string, now time.Time) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(struct {
		Audience string `json:"aud"`
		Expires  int64  `json:"exp"`
		Subject  string `json:"sub"`
	}{u.Scheme + "://" + u.Host, now.Add(tokenAge).Unix(), contact})
	if err != nil {
		return "", err
	}
	signed := encode64([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + encode64(claims)
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, v.key, sum[:])
	if err != nil {
		return "", err
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return signed + "." + encode64(sig), nil
}
