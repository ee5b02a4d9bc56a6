package event

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/visitor"
)

// What those who come have among themselves, questions, talk and rides, is seen by
// nobody else: it names people.

// inside is somebody who may see that.
type inside struct {
	w         *post.View
	f         *found
	who       who
	organiser bool
	guest     bool // a visitor, whose forms need a token of strangers
}

// inside finds the meeting of the path for somebody who comes to it, or organises it.
func (s *Service) inside(c *httpx.Ctx) (*inside, error) {
	w, f, err := s.here(c)
	if err != nil {
		return nil, err
	}
	in, err := s.insideOf(c, w, f)
	if err == nil && in == nil {
		err = unknown()
	}
	return in, err
}

// insideOf is the viewer as somebody who comes to a meeting, or organises it; nil
// for anybody else.
func (s *Service) insideOf(c *httpx.Ctx, w *post.View, f *found) (*inside, error) {
	in := &inside{w: w, f: f}
	if c.Viewer != nil {
		in.who, in.organiser = who{account: c.Viewer.AccountID}, organises(w)
	} else if v, err := s.guest(c, w, f); err != nil {
		return nil, err
	} else if v != nil {
		in.who, in.guest = of1(v), true
	}
	if !w.Local || !in.organiser && !f.Mine.registered() {
		return nil, nil
	}
	return in, nil
}

// names are how people are called, by who they are.
func (s *Service) names(ctx context.Context, q db.Q, all []who) (map[who]string, error) {
	var people, outside []int64
	for _, w := range all {
		people, outside = append(people, w.account), append(outside, w.visitor)
	}
	accounts, err := account.ByIDs(ctx, q, people)
	if err != nil {
		return nil, err
	}
	visitors, err := visitor.ByIDs(ctx, q, outside)
	if err != nil {
		return nil, err
	}
	out := map[who]string{}
	for _, w := range all {
		if a := accounts[w.account]; a != nil {
			out[w] = a.Name()
		} else if v := visitors[w.visitor]; v != nil {
			out[w] = v.Name
		}
	}
	return out, nil
}

// eraseTalk forgets what somebody asked, said and offered; column is "account_id" or "visitor_id".
func eraseTalk(ctx context.Context, tx *db.Tx, column string, id int64) error {
	for _, table := range []string{"meeting_question_too", "meeting_question", "meeting_message", "meeting_ride_ask", "meeting_ride"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where `+column+` = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

// forgetTalk forgets what was asked, said and offered for a meeting, and its code.
func forgetTalk(ctx context.Context, tx *db.Tx, postID int64) error {
	for _, table := range []string{"meeting_question", "meeting_message", "meeting_ride", "meeting_door"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where post_id = $1`, postID); err != nil {
			return err
		}
	}
	return nil
}
