// Package vault keeps the instance's own secrets (the keys of its actors, those
// that sign forms, media addresses and pushes) unreadable in the database: they
// are sealed with a key that stands in a file of the instance's folder.
//
// What it protects: whoever gets the database alone, or a backup of it alone,
// can sign nothing in anybody's name. What it does not: whoever reads the
// folder, or the memory of the running program, has both. So keep the file
// apart from the copies of the database, and do not lose it: without it the
// keys are gone, and with them the identity of every account.
//
// Spec: SG12
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// FileName is the name of the file in the instance's folder.
const FileName = "secret.key"

// mark begins what is sealed: anything else stands there in clear, from before.
const mark = "sealed:1:"

const preface = `# This key opens what is sealed in the database: the keys with which the accounts of this
# server sign. Keep a copy of it, apart from the copies of the database. Without it the accounts are lost.
`

// Vault seals and opens secrets.
type Vault struct {
	aead cipher.AEAD
	name string
}

// Fresh makes a vault whose key is nowhere else: what it seals is lost with it.
func Fresh() *Vault {
	key := make([]byte, 32)
	rand.Read(key)
	return with(key)
}

func with(key []byte) *Vault {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for a key of another length
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(append([]byte("maillage vault "), key...))
	return &Vault{aead, hex.EncodeToString(sum[:8])}
}

// Open reads the key in dir. Without one the error is fs.ErrNotExist.
func Open(dir string) (*Vault, error) {
	path := filepath.Join(dir, FileName)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) != 32 {
			break
		}
		return with(key), nil
	}
	return nil, fmt.Errorf("%s holds no key: restore it from your copy", path)
}

// Make is Open, and makes the key when there is none.
func Make(dir string) (*Vault, error) {
	v, err := Open(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return v, err
	}
	key := make([]byte, 32)
	rand.Read(key)
	path := filepath.Join(dir, FileName)
	if err := write(path, preface+base64.StdEncoding.EncodeToString(key)+"\n"); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("the file of the keys cannot be written: %w", err)
	}
	return Open(dir) // another process may have been faster
}

// write makes a file that its owner alone can read, whole or not at all.
func write(path, text string) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(text)
	if err == nil {
		err = tmp.Sync()
	}
	if err := errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Link(tmp.Name(), path) // unlike a rename it replaces nothing
}

// Name tells one key from another and says nothing of it.
func (v *Vault) Name() string { return v.name }

// Seal gives what may be stored of a secret. use says whose it is and where it
// stands: it opens nowhere else.
func (v *Vault) Seal(use, secret string) string {
	nonce := make([]byte, v.aead.NonceSize())
	rand.Read(nonce)
	return mark + base64.RawStdEncoding.EncodeToString(v.aead.Seal(nonce, nonce, []byte(secret), []byte(use)))
}

// Sealed reports whether a stored text is sealed.
func Sealed(stored string) bool { return strings.HasPrefix(stored, mark) }

// ErrSealed is returned for what was sealed with another key or for another use.
var ErrSealed = errors.New("vault: sealed with another key")

// Open gives the secret that was stored. What is not sealed, since it was stored
// before there were vaults, comes back as it is.
func (v *Vault) Open(use, stored string) (string, error) {
	text, sealed := strings.CutPrefix(stored, mark)
	if !sealed {
		return stored, nil
	}
	b, err := base64.RawStdEncoding.DecodeString(text)
	n := v.aead.NonceSize()
	if err != nil || len(b) < n {
		return "", ErrSealed
	}
	secret, err := v.aead.Open(nil, b[:n], b[n:], []byte(use))
	if err != nil {
		return "", ErrSealed
	}
	return string(secret), nil
}
