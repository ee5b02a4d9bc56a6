package event

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
)

// kindNote writes to one person of another server about a meeting, in the name
// of its organiser: who registered by signing in with their account has no other
// way to learn of a change.
const kindNote = "event.note"

// noteDue is the payload: what to say to whom.
type noteDue struct {
	PostID, AccountID int64
	News              string
	Gone              *goneNote // of a meeting that is no more when it is written
}

type goneNote struct {
	ByID              int64
	Lang, Title, Text string
}

// tellElsewhere has somebody of another server told of what happened to a meeting.
func (s *Service) tellElsewhere(ctx context.Context, tx *db.Tx, p *post.Post, m *Meeting, news string, accountID int64) error {
	if accountID == 0 || news == newsKept || news == newsWaiting || news == newsLeft { // they have just seen those
		return nil
	}
	due := noteDue{PostID: p.ID, AccountID: accountID, News: news}
	if p.Local && m.Status == Cancelled { // it may go in the same moment
		l := s.words(p.Lang)
		due.Gone = &goneNote{p.AccountID, l.Lang(), p.Title, whenWords(l, m, time.Now())}
	}
	return jobs.Enqueue(ctx, tx, kindNote, due)
}

// note writes the message.
func (s *Service) note(ctx context.Context, d noteDue) error {
	p, err := post.Raw(ctx, s.DB.Read(), d.PostID)
	if err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	m := &Meeting{Status: Cancelled}
	gone := err != nil || p.DeletedAt != 0
	if gone && d.Gone == nil {
		return nil
	} else if gone {
		p = &post.Post{AccountID: d.Gone.ByID, Lang: d.Gone.Lang, Title: d.Gone.Title}
	} else if m, err = one(ctx, s.DB.Read(), d.PostID); apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	them, err := account.ByID(ctx, s.DB.Read(), d.AccountID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && them.Gone() {
		return nil
	} else if err != nil {
		return err
	}
	l := s.words(p.Lang)
	key := "event.mail." + d.News
	if d.News == newsStatus {
		key += "." + m.Status
	}
	text := "@" + them.Acct() + " " + l.T(key, "Title", p.Title)
	if gone {
		text += "\n\n" + d.Gone.Text
	} else {
		text += "\n\n" + whenWords(l, m, time.Now())
		if m.StatusNote != "" {
			text += "\n\n" + m.StatusNote
		}
		text += "\n\n" + s.Accounts.Base + path(p.ID)
	}
	if d.News == newsReply {
		text += "/venir"
	}
	_, err = s.Posts.Create(ctx, &auth.Viewer{AccountID: p.AccountID, Role: auth.RoleUser, Member: true, Lang: l.Lang()},
		post.Draft{Text: text, Lang: l.Lang(), Audience: post.Direct, To: them.ID})
	if apperr.Is(err, apperr.KindForbidden) || apperr.Is(err, apperr.KindInvalid) || apperr.Is(err, apperr.KindNotFound) {
		return jobs.Park(err)
	}
	return err
}
