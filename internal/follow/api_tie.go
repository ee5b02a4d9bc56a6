package follow

import (
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
)

// apiTies declares what changes how two accounts stand to each other apart from
// following: each is answered with all of it.
//
// Spec: Mastodon accounts#block, accounts#mute, accounts#note, accounts#endorse
func (s *Service) apiTies(r *masto.Router) {
	about := func(path, scope string, do func(*masto.Req, int64) error) {
		r.Post("/api/v1/accounts/{id}/"+path, scope, s.apiAbout("id", do))
	}
	about("block", "write:blocks", func(r *masto.Req, id int64) error { return s.Ties.Block(r.Context(), r.Viewer.AccountID, id) })
	about("unblock", "write:blocks", func(r *masto.Req, id int64) error { return s.Ties.Unblock(r.Context(), r.Viewer.AccountID, id) })
	about("mute", "write:mutes", func(r *masto.Req, id int64) error {
		seconds := r.Int("duration", 0)
		if max := int(100 * 365 * 24 * time.Hour / time.Second); seconds > max {
			seconds = max // refused below, without running over
		}
		return s.Ties.Mute(r.Context(), r.Viewer.AccountID, id, r.Bool("notifications", true), time.Duration(seconds)*time.Second)
	})
	about("unmute", "write:mutes", func(r *masto.Req, id int64) error { return s.Ties.Unmute(r.Context(), r.Viewer.AccountID, id) })
	about("note", "write:accounts", func(r *masto.Req, id int64) error {
		return s.Ties.Note(r.Context(), r.Viewer.AccountID, id, r.String("comment"))
	})
	for _, name := range []string{"endorse", "pin"} { // pin is the old name
		about(name, "write:accounts", s.apiEndorse)
		about("un"+name, "write:accounts", func(r *masto.Req, id int64) error { return s.Ties.Unendorse(r.Context(), r.Viewer.AccountID, id) })
	}
}

// apiEndorse recommends whom the viewer follows.
func (s *Service) apiEndorse(r *masto.Req, id int64) error {
	f, err := find(r.Context(), s.DB.Read(), r.Viewer.AccountID, id)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && !f.Accepted {
		return apperr.Invalid("follow.not_followed")
	} else if err != nil {
		return err
	}
	return s.Ties.Endorse(r.Context(), r.Viewer.AccountID, id)
}
