package event

import (
	"context"
	"regexp"
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// wider has those of other servers who answered or were invited told of each change,
// although they may follow nobody here: Mobilizon's people cannot follow persons.
func (s *Service) wider(ctx context.Context, q db.Q, p *post.Post) ([]string, error) {
	if p.Kind != Kind || p.Audience != post.Public {
		return nil, nil
	}
	return db.All[string](ctx, q, `select distinct case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end from account a
		where (a.id in (select s.account_id from meeting_seat s where s.post_id = $1 and not s.of_group) or a.id in (select i.account_id from meeting_invite i where i.post_id = $1)) and a.host <> '' and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0`, p.ID)
}

// onUndoBare takes back a Join that is named only by its id.
func (s *Service) onUndoBare(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.ObjectURI == "" {
		return nil
	}
	x, err := db.Get[Seat](ctx, tx, `select `+seatColumns+` from meeting_seat s where s.join_uri = $1 and s.account_id = $2`, in.ObjectURI, in.Actor.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	p, err := post.Raw(ctx, tx, x.PostID)
	if err != nil || !p.Local {
		return err
	}
	return s.answered(ctx, tx, in, No, p.URI)
}

// newsReply answers who wrote « je viens »: nobody is registered by what they write.
const newsReply = "reply"

var (
	saysYes = regexp.MustCompile(`(?i)\b(je viens|j'y serai|je serai là|j'arrive|i'm coming|i am coming|i'll be there|count me in)`)
	absent  = regexp.MustCompile(`(?i)\b(pas|ne|not|si|if|viens de)\b|viens d'|\?`)
	named   = regexp.MustCompile(`@\S+`)
)

// saysComing reports whether a message says plainly that its author comes.
func saysComing(words string) bool {
	s := strings.ReplaceAll(named.ReplaceAllString(words, ""), "’", "'")
	return len(s) < 200 && saysYes.MatchString(s) && !absent.MatchString(s)
}

// replied watches for people of other servers who say in an answer that they
// come, which registers nobody: Mastodon has no button for it. They get a link.
func (s *Service) replied(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if err := s.repliedToBody(ctx, tx, p); err != nil {
		return err
	}
	if p.Local || p.ReplyToID == 0 || !saysComing(text.Plain(p.Content)) {
		return nil
	}
	up, err := post.Raw(ctx, tx, p.ReplyToID)
	if err != nil || up.Kind != Kind || !open(up) || up.DeletedAt != 0 {
		return err
	}
	m, err := one(ctx, tx, up.ID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && m.takes(&Seat{Answer: Maybe}) != nil {
		return nil
	} else if err != nil {
		return err
	}
	if x, err := seatOf(ctx, tx, up.ID, who{account: p.AccountID}); err != nil || x.registered() {
		return err
	}
	if a, err := account.ByID(ctx, tx, p.AccountID); err != nil || a.Local() {
		return err
	}
	return jobs.Enqueue(ctx, tx, kindNote, noteDue{PostID: up.ID, AccountID: p.AccountID, News: newsReply}, jobs.Key(ids.String(up.ID)+" "+ids.String(p.AccountID)))
}
