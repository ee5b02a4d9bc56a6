package quote

import (
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
)

// FuzzRules: whatever an author of another server allows is read within bounds,
// and nobody is allowed who is not named.
//
// Spec: TX1; Spec: TX3
func FuzzRules(f *testing.F) {
	for _, s := range []string{
		`{"type":"Note","interactionPolicy":{"canQuote":{"automaticApproval":["https://www.w3.org/ns/activitystreams#Public"],"manualApproval":"https://a.example/u/followers"}}}`,
		`{"type":"Note","interactionPolicy":{"canReply":{"always":[],"approvalRequired":[{"id":"https://a.example/u"}]},"canLike":3,"canAnnounce":[null]}}`,
		`{"type":"Note","interactionPolicy":[]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := as.Parse(b)
		if err != nil {
			return
		}
		r := ReadRules(d)
		if r == nil {
			return
		}
		author := &account.Account{URI: "https://a.example/u", Followers: "https://a.example/u/followers"}
		for _, rule := range []*Rule{r.Quote, r.Reply, r.Like, r.Announce} {
			if rule == nil {
				continue
			}
			if len(rule.Auto) > 2*maxListed || len(rule.Manual) > 2*maxListed {
				t.Errorf("%d and %d are allowed", len(rule.Auto), len(rule.Manual))
			}
			if rule.verdict("https://b.example/nobody-of-that-name", author, ties{}) == Automatic && len(rule.Auto) == 0 {
				t.Error("nobody is named, and all are allowed")
			}
		}
	})
}
