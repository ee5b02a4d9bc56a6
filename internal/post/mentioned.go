package post

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/text"
)

// mentioned is somebody found in a text.
type mentioned struct {
	account *account.Account
	handle  text.Handle
}

// people finds those whom the text mentions; somebody who cannot be found, or
// whom v may not know of, or whom the post does not reach, stays plain text.
// Whoever is answered is known.
func (s *Service) people(ctx context.Context, v *auth.Viewer, d Draft, parent *Post) ([]mentioned, error) {
	handles, _ := text.Parse(d.Text)
	if len(handles) > maxMention {
		handles = handles[:maxMention]
	}
	var out []mentioned
	looked := 0
	for _, h := range handles {
		if h.Host == s.Accounts.Host {
			h.Host = ""
		}
		a, err := account.ByHandle(ctx, s.DB.Read(), h.Name, h.Host)
		if apperr.Is(err, apperr.KindNotFound) && h.Host != "" && d.To == 0 && d.Audience.Leaves() && s.Resolve != nil && looked < 10 {
			looked++
			var id int64
			if id, err = s.Resolve.Account(ctx, h.Name, h.Host); err == nil {
				a, err = account.ByID(ctx, s.DB.Read(), id)
			}
		}
		if err != nil {
			if apperr.Is(err, apperr.KindInternal) && ctx.Err() != nil {
				return nil, err
			}
			continue
		}
		if d.To != 0 && a.ID != d.To {
			continue
		}
		if a.Gone() || a.Kind == account.Application || !a.VisibleTo(v) && (parent == nil || a.ID != parent.AccountID) {
			continue
		}
		out = append(out, mentioned{a, h})
	}
	out, err := s.notApart(ctx, v.AccountID, out)
	if err != nil {
		return nil, err
	}
	return s.within(ctx, d, parent, notNaming(d, out))
}

func accountsOf(people []mentioned) []int64 {
	out := make([]int64, len(people))
	for i, m := range people {
		out[i] = m.account.ID
	}
	return out
}

func tagsOf(src string) []Tag {
	names := text.Hashtags(src)
	out := make([]Tag, len(names))
	for i, n := range names {
		out[i] = Tag{text.Fold(n), n}
	}
	return out
}
