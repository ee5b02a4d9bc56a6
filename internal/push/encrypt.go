package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
)

// target is whom a push is encrypted for.
type target struct {
	key    *ecdh.PublicKey
	secret []byte // 16 bytes
}

var errKeys = errors.New("the keys of the subscription do not fit")

// parseTarget reads the keys that an app gave, in any of the spellings of base64.
func parseTarget(p256dh, auth string) (*target, error) {
	raw, err := decode64(p256dh)
	if err != nil {
		return nil, errKeys
	}
	key, err := ecdh.P256().NewPublicKey(raw)
	if err != nil {
		return nil, errKeys
	}
	secret, err := decode64(auth)
	if err != nil || len(secret) != 16 {
		return nil, errKeys
	}
	return &target{key, secret}, nil
}

func decode64(s string) ([]byte, error) {
	s = strings.TrimRight(strings.TrimSpace(s), "=")
	s = strings.NewReplacer("+", "-", "/", "_").Replace(s)
	return base64.RawURLEncoding.DecodeString(s)
}

func encode64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// sealed is an encrypted push.
type sealed struct {
	body   []byte
	sender []byte // our public key for this message, uncompressed
	salt   []byte
}

// recordSize is one record, which push services take at least.
const recordSize = 4096

// maxPlain is the longest text of a push, in bytes.
const maxPlain = 3800

// once are the random parts of a message; tests give their own.
func once() (*ecdh.PrivateKey, []byte, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	return key, salt, nil
}

// standard encrypts in the form of the standard.
//
// Spec: RFC 8291 3.4, RFC 8188 2
func standard(t *target, plain []byte, key *ecdh.PrivateKey, salt []byte) (*sealed, error) {
	shared, err := key.ECDH(t.key)
	if err != nil {
		return nil, err
	}
	ours := key.PublicKey().Bytes()
	info := "WebPush: info\x00" + string(t.key.Bytes()) + string(ours)
	ikm, err := hkdf.Key(sha256.New, shared, t.secret, info, 32)
	if err != nil {
		return nil, err
	}
	header := append([]byte{}, salt...)
	header = binary.BigEndian.AppendUint32(header, recordSize)
	header = append(append(header, byte(len(ours))), ours...)
	body, err := gcm(ikm, salt, "Content-Encoding: aes128gcm\x00", "Content-Encoding: nonce\x00", header, append(append([]byte{}, plain...), 2))
	if err != nil {
		return nil, err
	}
	return &sealed{body, ours, salt}, nil
}

// old encrypts in the form that apps used before the standard.
//
// Spec: draft-ietf-webpush-encryption-04, draft-ietf-httpbis-encryption-encoding-03
func old(t *target, plain []byte, key *ecdh.PrivateKey, salt []byte) (*sealed, error) {
	shared, err := key.ECDH(t.key)
	if err != nil {
		return nil, err
	}
	ikm, err := hkdf.Key(sha256.New, shared, t.secret, "Content-Encoding: auth\x00", 32)
	if err != nil {
		return nil, err
	}
	theirs, ours := t.key.Bytes(), key.PublicKey().Bytes()
	context := []byte("P-256\x00")
	for _, k := range [][]byte{theirs, ours} {
		context = append(binary.BigEndian.AppendUint16(context, uint16(len(k))), k...)
	}
	body, err := gcm(ikm, salt, "Content-Encoding: aesgcm\x00"+string(context), "Content-Encoding: nonce\x00"+string(context),
		nil, append([]byte{0, 0}, plain...)) // no padding
	if err != nil {
		return nil, err
	}
	return &sealed{body, ours, salt}, nil
}

// gcm derives key and nonce and appends the only record to header.
func gcm(ikm, salt []byte, keyInfo, nonceInfo string, header, plain []byte) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, ikm, salt, keyInfo, 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, nonceInfo, 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return aead.Seal(header, nonce, plain, nil), nil
}
