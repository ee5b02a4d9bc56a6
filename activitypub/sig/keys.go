package sig

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
)

// Key holds the private keys of a local actor and the ids they are known by.
// Requests are signed with RSA, which every peer takes, where it is set; else
// with Ed25519. Proofs are always made with Ed25519.
type Key struct {
	ID        string // of RSA, or of Ed25519 where that is the only one: "https://host/users/x#main-key"
	RSA       *rsa.PrivateKey
	Ed25519   ed25519.PrivateKey
	Ed25519ID string // of Ed25519 where RSA is set too
}

// Small gives the Ed25519 key alone, for servers known to take it; nil when
// there is none.
func (k *Key) Small() *Key {
	if k == nil || len(k.Ed25519) != ed25519.PrivateKeySize {
		return nil
	}
	id := k.Ed25519ID
	if id == "" && k.RSA == nil {
		id = k.ID
	}
	if id == "" {
		return nil
	}
	return &Key{ID: id, Ed25519: k.Ed25519}
}

// RSABits is the size of the keys we make, the one all peers accept.
const RSABits = 2048

// maxPEM bounds the text of a received key.
const maxPEM = 16 << 10

// GenerateRSA makes an RSA key of [RSABits].
func GenerateRSA() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, RSABits) }

// GenerateEd25519 makes an Ed25519 key.
func GenerateEd25519() (ed25519.PrivateKey, error) {
	_, k, err := ed25519.GenerateKey(rand.Reader)
	return k, err
}

// EncodePublicPEM writes an RSA or Ed25519 public key as PKIX PEM, the form
// of publicKeyPem.
func EncodePublicPEM(pub crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// ParsePublicPEM reads a public key as PKIX or PKCS #1 PEM. Only RSA of 1024
// to 8192 bits and Ed25519 are accepted; the error's reason is [BadKey].
func ParsePublicPEM(text string) (crypto.PublicKey, error) {
	block, err := pemBlock(text)
	if err != nil {
		return nil, err
	}
	var pub any
	if pub, err = x509.ParsePKIXPublicKey(block.Bytes); err != nil {
		pub, err = x509.ParsePKCS1PublicKey(block.Bytes)
	}
	if err != nil {
		return nil, refuse(BadKey)
	}
	switch k := pub.(type) {
	case *rsa.PublicKey:
		// Larger keys would let a peer choose how long we compute.
		if n := k.N.BitLen(); n < 1024 || n > 8192 || k.E > 1<<31-1 {
			return nil, refuse(BadKey)
		}
		return k, nil
	case ed25519.PublicKey:
		return k, nil
	}
	return nil, refuse(BadKey)
}

// EncodePrivatePEM writes a private key as PKCS #8 PEM.
func EncodePrivatePEM(key crypto.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// ParsePrivatePEM reads a private RSA or Ed25519 key as PKCS #8 or PKCS #1
// PEM.
func ParsePrivatePEM(text string) (crypto.PrivateKey, error) {
	block, err := pemBlock(text)
	if err != nil {
		return nil, err
	}
	if k, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		switch k.(type) {
		case *rsa.PrivateKey, ed25519.PrivateKey:
			return k, nil
		}
		return nil, refuse(BadKey)
	}
	if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return k, nil
	}
	return nil, refuse(BadKey)
}

func pemBlock(text string) (*pem.Block, error) {
	if len(text) > maxPEM {
		return nil, refuse(BadKey)
	}
	block, _ := pem.Decode([]byte(strings.TrimSpace(text)))
	if block == nil {
		return nil, refuse(BadKey)
	}
	return block, nil
}

// multicodec prefix of an Ed25519 public key
var edPrefix = []byte{0xed, 0x01}

// EncodeMultikey writes an Ed25519 public key as publicKeyMultibase: "z6Mk…".
//
// Spec: FEP-521a
func EncodeMultikey(pub ed25519.PublicKey) string {
	return "z" + base58Encode(append(append([]byte{}, edPrefix...), pub...))
}

// ParseMultikey reads a publicKeyMultibase that holds an Ed25519 key.
//
// Spec: FEP-521a
func ParseMultikey(text string) (ed25519.PublicKey, error) {
	if len(text) > 128 || !strings.HasPrefix(text, "z") {
		return nil, refuse(BadKey)
	}
	b, err := base58Decode(text[1:])
	if err != nil || len(b) != len(edPrefix)+ed25519.PublicKeySize || b[0] != edPrefix[0] || b[1] != edPrefix[1] {
		return nil, refuse(BadKey)
	}
	return ed25519.PublicKey(b[2:]), nil
}

// base58btc, the alphabet of multibase prefix "z"
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

func base58Encode(b []byte) string {
	n, radix, mod := new(big.Int).SetBytes(b), big.NewInt(58), new(big.Int)
	var rev []byte
	for n.Sign() > 0 {
		n.DivMod(n, radix, mod)
		rev = append(rev, base58[mod.Int64()])
	}
	for _, x := range b {
		if x != 0 {
			break
		}
		rev = append(rev, base58[0])
	}
	for i, j := 0, len(rev)-1; i < j; i, j = i+1, j-1 {
		rev[i], rev[j] = rev[j], rev[i]
	}
	return string(rev)
}

func base58Decode(s string) ([]byte, error) {
	n, radix, zeros := new(big.Int), big.NewInt(58), 0
	for i := range len(s) {
		v := strings.IndexByte(base58, s[i])
		if v < 0 {
			return nil, errors.New("not base58")
		}
		if v == 0 && n.Sign() == 0 {
			zeros++
		}
		n.Mul(n, radix).Add(n, big.NewInt(int64(v)))
	}
	return append(make([]byte, zeros), n.Bytes()...), nil
}
