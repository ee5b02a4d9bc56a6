package media

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
)

// Where files are, and where those of other servers are shown.
const (
	Path      = "/media/"
	ProxyPath = "/media/proxy/"
)

const (
	shortly = 24 * time.Hour      // an address is good for one to two of these
	long    = 30 * 24 * time.Hour // in documents for other servers
)

// ends is the end of an address made now: the same all day, so that a browser
// finds again what it has kept.
func (s *Service) ends(span time.Duration) int64 {
	n := s.Now().UnixMilli() / span.Milliseconds()
	return (n + 2) * span.Milliseconds() / 1000
}

func (s *Service) sign(what string, ends int64) string {
	m := hmac.New(sha256.New, s.Secret)
	m.Write([]byte(what))
	m.Write([]byte{0})
	m.Write(strconv.AppendInt(nil, ends, 10))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}

func (s *Service) signed(path, what string, span time.Duration) string {
	ends := s.ends(span)
	return s.Accounts.Base + path + "?e=" + strconv.FormatInt(ends, 36) + "&s=" + s.sign(what, ends)
}

// judge reads the signature of an address: whether we made it, and when it ends.
//
// Spec: ME6
func (s *Service) judge(what string, q url.Values) (ends time.Time, ours bool) {
	if whose := q.Get("r"); whose != "" {
		what = bound(what, whose)
	}
	n, err := strconv.ParseInt(q.Get("e"), 36, 64)
	if err != nil || !hmac.Equal([]byte(s.sign(what, n)), []byte(q.Get("s"))) {
		return time.Time{}, false
	}
	return time.Unix(n, 0), true
}

var extensions = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "video/mp4": ".mp4", "video/webm": ".webm", "audio/mpeg": ".mp3", "audio/ogg": ".ogg",
}

// path of one of the two files of m.
func (m *Media) path(small bool) string {
	if small {
		return Path + m.Key + "/small" + extensions[m.SmallType]
	}
	return Path + m.Key + "/original" + extensions[m.Type]
}

// Shown says to whom an address is given: to everybody, or, of what some may read alone, to one account.
type Shown struct {
	Open bool
	To   int64 // 0 for all whom the section shows it
}

// mine is for who sent a file.
func (m *Media) mine() Shown { return Shown{To: m.AccountID} }

// URL is the address of m, or of its small picture.
func (s *Service) URL(m *Media, small bool, x Shown) string {
	small = small && m.pictured()
	switch {
	case x.Open && m.own():
		return s.Accounts.Base + m.path(small)
	case x.To == 0:
		return s.signed(m.path(small), m.Key, shortly)
	}
	return s.signedTo(m.path(small)+"?", m.Key, x.To)
}

// signedTo is the address that one account is given of what is signed as what; path ends in "?" or "&".
func (s *Service) signedTo(path, what string, to int64) string {
	ends, whose := s.ends(shortly), s.veil(what, to)
	return s.Accounts.Base + path + "e=" + strconv.FormatInt(ends, 36) + "&r=" + whose + "&s=" + s.sign(bound(what, whose), ends)
}

// bound is what is signed of an address that one account was given.
func bound(key, whose string) string { return key + " " + whose }

// veil writes for whom an address is so that only this server reads it: an address
// that somebody passes on does not name them, not even to who compares it with their own.
func (s *Service) veil(key string, account int64) string {
	var b [aes.BlockSize]byte
	binary.BigEndian.PutUint64(b[8:], uint64(account))
	s.cipher(key).Encrypt(b[:], b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// unveil reads it, 0 for what is none.
func (s *Service) unveil(key, whose string) int64 {
	b, err := base64.RawURLEncoding.DecodeString(whose)
	if err != nil || len(b) != aes.BlockSize {
		return 0
	}
	s.cipher(key).Decrypt(b, b)
	if binary.BigEndian.Uint64(b[:8]) != 0 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b[8:]))
}

// cipher hides one block, of which nothing is learned from others that are known.
func (s *Service) cipher(key string) cipher.Block {
	m := hmac.New(sha256.New, s.Secret)
	m.Write([]byte("whose " + key))
	c, err := aes.NewCipher(m.Sum(nil))
	if err != nil {
		panic(err) // a sum has the length of a key
	}
	return c
}

// lasting is the address of m, or of its small picture, in the document of the post
// that it is in. What goes to servers that ask for files in their name has the same for
// ever, which opens nothing by itself; the others could not get it without a signature of ours.
func (s *Service) lasting(m *Media, small bool, a post.Audience, open bool) string {
	if open || a == post.Group || a == post.Movement {
		return s.Accounts.Base + m.path(small)
	}
	return s.signed(m.path(small), m.Key, long)
}

// Proxy is the address under which we show a picture of another server. use is
// what for: it settles the size.
//
// Spec: P13
func (s *Service) Proxy(address, use string) string {
	if address == "" {
		return ""
	}
	if strings.HasPrefix(address, s.Accounts.Base+Path) {
		return address // ours
	}
	path := ProxyPath + use + "/" + base64.RawURLEncoding.EncodeToString([]byte(address))
	return s.signed(path, use+" "+address, shortly)
}

// proxyTo is Proxy of a picture of a closed group, for one account of ours.
func (s *Service) proxyTo(groupID int64, address, use string, to int64) string {
	path := ProxyPath + use + "/" + base64.RawURLEncoding.EncodeToString([]byte(address))
	return s.signedTo(path+"?g="+ids.String(groupID)+"&", proxied(use, address, ids.String(groupID)), to)
}

// proxied is what is signed of the address of a picture of another server, of a closed group or of "" for none.
func proxied(use, address, group string) string {
	if group == "" {
		return use + " " + address
	}
	return use + " " + address + " of " + group
}

func hashOf(use, address string) string {
	sum := sha256.Sum256([]byte(use + " " + address))
	return hex.EncodeToString(sum[:])
}

// local cuts our own base from an address: pages name their files by path.
func (s *Service) local(address string) string { return strings.TrimPrefix(address, s.Accounts.Base) }
