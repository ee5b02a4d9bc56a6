package timeline

import (
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// Aside is what a slice above says on the page of an account before its posts.
type Aside struct {
	Tags  []web.Tag // what it is
	Acts  []web.Link
	Title string // of what follows; "" for nothing
	Cards []web.PostCard
	Empty string // words for no cards
}

// asides gathers what is said of an account.
func (s *Service) asides(c *httpx.Ctx, a *account.Account) ([]Aside, error) {
	var out []Aside
	for _, say := range s.Asides {
		x, err := say(c, a)
		if err != nil {
			return nil, err
		}
		if x != nil {
			out = append(out, *x)
		}
	}
	return out, nil
}
