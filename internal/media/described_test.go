package media_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// TestPicturesAreDescribedOnThePage: the page says and changes what apps say of
// the same pictures, keeps what was written beside an error, and forgets the
// words with their picture.
func TestPicturesAreDescribedOnThePage(t *testing.T) {
	const page = "/reglages/images"
	n := testkit.New(t)
	n.Person("ana", true)
	b := n.SignIn("ana")
	var me masto.CredentialAccount
	described := func() [2]string {
		n.Client("ana").Get("/api/v1/accounts/verify_credentials", &me)
		return [2]string{me.AvatarDescription, me.HeaderDescription}
	}
	b.Open(page).SubmitFiles(page, map[string]string{"avatar_description": "Ana, de face", "header_description": "Le marché <de> la place"}, map[string][]byte{"avatar": photo(t, 500, 500, green), "header": photo(t, 900, 300, green)})
	if got := described(); b.Status != 200 || got != [2]string{"Ana, de face", "Le marché <de> la place"} || !strings.Contains(b.Body, `alt="Ana, de face"`) || !strings.Contains(b.Body, `alt="Le marché &lt;de&gt; la place"`) {
		t.Fatalf("%d %q", b.Status, got)
	}
	b.Open(page).SubmitFiles(page, map[string]string{"avatar_description": strings.Repeat("é", account.MaxPictureAlt+1), "header_description": "Écrit à côté"}, map[string][]byte{"avatar": photo(t, 600, 600, green)})
	was := me.Avatar
	if got := described(); b.Status != http.StatusUnprocessableEntity || got != [2]string{"Ana, de face", "Le marché <de> la place"} || me.Avatar != was || !b.Has("420 signes") || !strings.Contains(b.Body, "Écrit à côté") {
		t.Errorf("too long: %d %q", b.Status, got)
	}
	b.Open(page).SubmitFiles(page, map[string]string{"drop_avatar": "1", "header_description": ""}, nil)
	if got := described(); b.Status != 200 || got != [2]string{} {
		t.Errorf("after the portrait was taken away: %d %q", b.Status, got)
	}
}
