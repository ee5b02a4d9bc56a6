package poll

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// Vote votes in the poll of a post that v may read. choices are positions, at
// least one, and one only unless the poll takes several. Errors: KindNotFound;
// KindInvalid "poll.own", "poll.closed", "poll.voted", "poll.bad_choice",
// "poll.one_choice"; "follow.needs_address" when the vote leaves the instance
// and v cannot be reached from outside.
//
// Spec: Mastodon polls#vote
func (s *Service) Vote(ctx context.Context, v *auth.Viewer, postID int64, choices []int) error {
	p, err := s.Posts.Get(ctx, v, postID)
	if err != nil {
		return err
	}
	choices = slices.Compact(slices.Sorted(slices.Values(choices)))
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, p.ID); err != nil {
			return err
		}
		have, err := one(ctx, tx, v.AccountID, p.ID)
		if err != nil {
			return err
		}
		switch {
		case p.AccountID == v.AccountID:
			return apperr.Invalid("poll.own")
		case have.Closed():
			return apperr.Invalid("poll.closed")
		case have.Voted:
			return apperr.Invalid("poll.voted")
		case len(choices) == 0 || choices[0] < 0 || choices[len(choices)-1] >= len(have.Options):
			return apperr.Invalid("poll.bad_choice").Field("choices", "poll.bad_choice")
		case len(choices) > 1 && !have.Multiple:
			return apperr.Invalid("poll.one_choice").Field("choices", "poll.one_choice")
		}
		me, err := account.ByID(ctx, tx, v.AccountID)
		if err != nil {
			return err
		}
		if !p.Local && !me.Reachable && p.Audience != post.Group {
			return apperr.Invalid("follow.needs_address")
		}
		if added, err := addVoter(ctx, tx, p.ID, me.ID); err != nil {
			return err
		} else if !added {
			return apperr.Invalid("poll.voted")
		}
		for _, c := range choices {
			if _, err := addVote(ctx, tx, p.ID, me.ID, c); err != nil {
				return err
			}
		}
		if p.Local {
			return s.tellSoon(ctx, tx, p)
		}
		if err := closeAt(ctx, tx, have); err != nil {
			return err
		}
		return s.send(ctx, tx, me, p, have, choices)
	})
}

// send tells the author of a poll of another server what somebody here chose:
// a note with a name and no text for each choice, to the author and nobody else; in
// a closed group by the group's server, the only one to know who belongs to it.
//
// Spec: FEP-9967
func (s *Service) send(ctx context.Context, tx *db.Tx, me *account.Account, p *post.Post, have *Poll, choices []int) error {
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	for _, c := range choices {
		id := me.URI + "#votes/" + ids.Key() + "/" + strconv.Itoa(c)
		note, err := as.Note{ID: id, AttributedTo: me.URI, Name: have.Options[c].Title, InReplyTo: p.URI, To: []string{author.URI}, Published: time.Now()}.Build()
		if err != nil {
			return err
		}
		create := as.Activity{Type: "Create", ID: id + "/activity", Actor: me.URI, Object: json.RawMessage(note), To: []string{author.URI}}
		if p.Audience == post.Group {
			if err := s.Posts.Circles.Ballot(ctx, tx, p, me, create); err != nil {
				return err
			}
			continue
		}
		body, err := create.Build()
		if err != nil {
			return err
		}
		// To the author's own inbox: others of that server have no part in it.
		inbox := author.Inbox
		if inbox == "" {
			inbox = author.BestInbox()
		}
		if err := outbox.Enqueue(ctx, tx, body, me.ID, outbox.Opts{}, []string{inbox}); err != nil {
			return err
		}
	}
	return nil
}
