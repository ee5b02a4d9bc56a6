package media_test

import (
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"testing"

	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/testkit"
)

// TestAnAddressDoesNotNameItsReader: who has an address of their own, and knows their own id, does not read
// from the address of somebody else for the same picture who that is.
//
// Spec: PV1
func TestAnAddressDoesNotNameItsReader(t *testing.T) {
	n := testkit.New(t)
	m := &media.Media{Key: blob.NewName(), Type: "image/png", State: media.Ready}
	veiled := func(to int64) []byte {
		t.Helper()
		u, err := url.Parse(n.Media.URL(m, false, media.Shown{To: to}))
		if err != nil {
			t.Fatal(err)
		}
		b, err := base64.RawURLEncoding.DecodeString(u.Query().Get("r"))
		if err != nil || len(b) < 8 {
			t.Fatalf("%s: %v", u, err)
		}
		return b
	}
	mine, theirs := n.Person("ana", false).ID, n.Person("bob", false).ID
	a, b := veiled(mine), veiled(theirs)
	for i := range len(a) - 7 {
		x := binary.BigEndian.Uint64(a[i:]) ^ binary.BigEndian.Uint64(b[i:])
		if x == uint64(mine)^uint64(theirs) {
			t.Error("two addresses differ as those differ whom they were given to")
		}
	}
	if string(veiled(mine)) != string(a) {
		t.Error("the address of one reader is not found again in what a browser keeps")
	}
}
