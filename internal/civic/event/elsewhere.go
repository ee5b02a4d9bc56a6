package event

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
)

// kindNote writes to one person of another server about a meeting, in the name
// of its organiser: who registered by signing in with their account has no other
// way to learn of a change, and who registered from their server none to learn what
// is for those registered alone.
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

// tellInside has somebody who registered from their own server told what is for those
// registered: the link to take part from afar, and a street that is withheld. They see
// no page of ours, and the Accept of their Join must not carry it: servers hand that
// on to all who take part.
//
// Spec: Mobilizon
func (s *Service) tellInside(ctx context.Context, tx *db.Tx, p *post.Post, m *Meeting, x *Seat) error {
	if !x.There || m.Status == Cancelled || insideWords(s.words(p.Lang), m, x) == nil {
		return nil
	}
	if _, ok := s.insides.Allow(ids.String(p.ID) + " " + ids.String(x.AccountID)); !ok {
		return nil // they come and go
	}
	return jobs.Enqueue(ctx, tx, kindNote, noteDue{PostID: p.ID, AccountID: x.AccountID, News: newsInside})
}

// tellAllInside tells so all to whom it is new.
func (s *Service) tellAllInside(ctx context.Context, tx *db.Tx, p *post.Post, m *Meeting) error {
	all, err := seats(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for i := range all {
		if err := s.tellInside(ctx, tx, p, m, &all[i]); err != nil {
			return err
		}
	}
	return nil
}

// insideWords is what somebody with a seat may know and no document tells; nil for nothing.
func insideWords(l *i18n.Localizer, m *Meeting, x *Seat) []string {
	var out []string
	if x.knowsStreet() && m.Withheld && m.Address != "" {
		out = append(out, l.T("event.fact.where")+l.T("event.mail.colon")+m.whereTo(true))
	}
	if x.knowsLink() && m.RemoteUrl != "" {
		out = append(out, l.T("event.fact.remote")+l.T("event.mail.colon")+m.RemoteUrl)
	}
	return out
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
		if by, err := account.ByID(ctx, s.DB.Read(), p.AccountID); apperr.Is(err, apperr.KindNotFound) || err == nil && by.Gone() {
			app, err := s.Groups.App(ctx) // nobody is left who could say it but the instance
			if err != nil {
				return err
			}
			p.AccountID = app.ID
		} else if err != nil {
			return err
		}
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
	if !gone && p.Audience == post.Group { // whoever was put out of it meanwhile reads it no more
		reads, err := post.Readers(ctx, s.DB.Read(), p.ID, []int64{them.ID})
		if err != nil || !reads[them.ID] {
			return err
		}
	}
	l := s.words(p.Lang)
	key := "event.mail." + d.News
	var within []string
	if d.News == newsInside {
		x, err := seatOf(ctx, s.DB.Read(), p.ID, who{account: them.ID})
		if err != nil {
			return err
		}
		if within = insideWords(l, m, x); within == nil {
			return nil // they come no more, or there is nothing to tell
		}
		if x.State == Waiting {
			key += ".waiting"
		}
	}
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
		for _, line := range within {
			text += "\n\n" + line
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
