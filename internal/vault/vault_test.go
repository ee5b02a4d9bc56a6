package vault_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/vault"
)

func TestSG12Vault(t *testing.T) {
	dir := t.TempDir()
	if _, err := vault.Open(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a vault without a key: %v", err)
	}
	v, err := vault.Make(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, vault.FileName)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v %v", info, err)
	}
	const secret = "-----BEGIN PRIVATE KEY-----"
	one, two := v.Seal("a", secret), v.Seal("a", secret)
	if one == two || !vault.Sealed(one) || vault.Sealed(secret) || strings.Contains(one, "PRIVATE") {
		t.Errorf("%q %q", one, two)
	}
	again, err := vault.Make(dir)
	if err != nil || again.Name() != v.Name() {
		t.Fatalf("the key has changed: %v", err)
	}
	if got, err := again.Open("a", one); got != secret || err != nil {
		t.Errorf("%q %v", got, err)
	}
	if got, err := v.Open("a", secret); got != secret || err != nil {
		t.Errorf("what is in clear: %q %v", got, err)
	}
	other := "A" // instead of a letter that is not
	if mid := len(one) - 8; one[mid:mid+1] == other {
		other = "B"
	}
	for name, open := range map[string]func() (string, error){
		"another place": func() (string, error) { return v.Open("b", one) },
		"another key":   func() (string, error) { return vault.Fresh().Open("a", one) },
		"altered":       func() (string, error) { return v.Open("a", one[:len(one)-8]+other+one[len(one)-7:]) },
		"cut":           func() (string, error) { return v.Open("a", "sealed:1:AAAA") },
		"no base64":     func() (string, error) { return v.Open("a", "sealed:1:%") },
	} {
		if got, err := open(); !errors.Is(err, vault.ErrSealed) || got != "" {
			t.Errorf("%s opens: %q %v", name, got, err)
		}
	}
	if err := os.WriteFile(path, []byte("# nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Make(dir); err == nil || !strings.Contains(err.Error(), vault.FileName) {
		t.Errorf("an empty file: %v", err)
	}
}
