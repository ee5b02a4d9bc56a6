package event

import (
	"context"
	"slices"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/movement"
	"github.com/maillage/maillage/internal/post"
)

// The sources of meetings, in the order of the filter. Those of the movement are
// named by their hosts, after fromHost.
const (
	fromSection   = "section"
	fromHost      = "de:"
	fromGroups    = "groupes"
	fromOrganes   = "organes"
	fromVotes     = "votes"
	fromElsewhere = "ailleurs"
)

// source is one from where meetings come.
type source struct {
	Key, Name string
	Sign      string // its shape: section, movement, groupes, votes, ailleurs
	Level     string
	Above     bool // of the server: it is our federation, or further up
}

// maxSources is how many servers of the movement the page names at most.
const maxSources = 20

// movementSources are the servers of the movement, those above us first.
func (s *Service) movementSources(ctx context.Context) ([]source, error) {
	if s.Movement == nil {
		return nil, nil
	}
	links, err := s.Movement.Links(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.Movement.Members(ctx)
	if err != nil {
		return nil, err
	}
	byURI := map[string]movement.Member{}
	for _, m := range all {
		byURI[m.URI] = m
	}
	above := map[string]bool{}
	for _, l := range links {
		if l.Role != movement.RoleParent || l.State != movement.Joined {
			continue
		}
		for m, ok := byURI[l.URI]; ok && !above[m.Host]; m, ok = byURI[m.Parent] {
			above[m.Host] = true
		}
	}
	var out []source
	for _, m := range all {
		name := m.Name
		if name == "" {
			name = m.Host
		}
		out = append(out, source{Key: fromHost + m.Host, Name: name, Sign: "movement", Level: m.Level, Above: above[m.Host]})
	}
	slices.SortStableFunc(out, func(a, b source) int {
		switch {
		case a.Above == b.Above:
			return 0
		case a.Above:
			return -1
		}
		return 1
	})
	return out, nil
}

// chosen is what the viewer wants to see: what the address says, else of what is
// near some place everything, else what they keep, else everything but sister sections.
func (s *Service) chosen(c *httpx.Ctx, of []source) (func(key string) bool, error) {
	keys := c.R.URL.Query()["source"]
	if len(keys) == 0 && c.Query("pres") != "" {
		return func(string) bool { return true }, nil
	}
	if len(keys) == 0 && c.Viewer != nil {
		kept, err := db.Get[string](c.Context(), s.DB.Read(), `select sources from agenda_choice where account_id = $1`, c.Viewer.AccountID)
		if err != nil && !apperr.Is(err, apperr.KindNotFound) {
			return nil, err
		}
		keys = strings.Fields(kept)
	}
	if len(keys) > 0 {
		return func(key string) bool { return slices.Contains(keys, key) }, nil
	}
	return func(key string) bool {
		for _, src := range of {
			if src.Key == key {
				return src.Above
			}
		}
		return true
	}, nil
}

// sourceOf says from where a meeting is.
func sourceOf(w *post.View, f *found, of []source) source {
	switch {
	case !w.Local:
		for _, src := range of {
			if src.Key == fromHost+w.Author.Host {
				return src
			}
		}
		return source{Key: fromElsewhere, Sign: fromElsewhere}
	case f.GroupID != 0 || w.Audience == post.Group:
		return source{Key: fromGroups, Sign: fromGroups}
	case ofOrgane(w.Author):
		return source{Key: fromOrganes, Sign: fromOrganes, Name: w.Author.Name()}
	}
	return source{Key: fromSection, Sign: fromSection}
}

// postSources keeps what somebody wants to see.
func (s *Service) postSources(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	var keys []string
	for _, k := range form["source"] {
		if len(k) < 300 && !strings.ContainsAny(k, " \n\t") && len(keys) < 100 {
			keys = append(keys, k)
		}
	}
	err = s.DB.Write(c.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from agenda_choice where account_id = $1`, c.Viewer.AccountID)
		if err != nil || len(keys) == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `insert into agenda_choice (account_id, sources) values ($1, $2)`, c.Viewer.AccountID, strings.Join(keys, " "))
		return err
	})
	if err != nil {
		return err
	}
	c.Flash("success", "event.sources_kept")
	return c.Redirect(Path)
}
