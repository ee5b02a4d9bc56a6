package post

import (
	"context"
	"errors"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// announced is what an Announce shows: the post it names or embeds, also through
// the Create that brought it or the Announce of another. shown is false for an
// answer that a group passes on: it belongs to its thread, and is no boost.
// Groups announce every other activity too, alone or in batches; those are
// looked into one by one by the engine and show nothing.
//
// Spec: FEP-1b12
func announced(in *route.Inbound) (uri string, shown bool) {
	refs := in.Doc.Object()
	if len(refs) != 1 {
		return "", false
	}
	inner := refs.Doc()
	for range maxNested {
		switch {
		case inner == nil || inner.Is(objectTypes...):
			return refs.ID(), refs.ID() != ""
		case inner.Is("Create"):
			refs = inner.Object()
			o := refs.Doc()
			return refs.ID(), refs.ID() != "" && (o == nil || o.InReplyTo() == "")
		case !inner.Is("Announce"):
			return "", false
		}
		refs = inner.Object()
		inner = refs.Doc()
	}
	return "", false
}

// maxNested is how many Announces may lie in one another.
const maxNested = 3

// prepareAnnounce fetches what is boosted, when somebody here follows who boosts.
func (s *Service) prepareAnnounce(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	uri, _ := announced(in)
	if uri == "" || in.Actor.Type == account.Group && !as.HasPublic(in.Doc.To()) && !as.HasPublic(in.Doc.Cc()) {
		return nil // what a group tells its members alone it brings along
	}
	n, err := db.Get[int](ctx, s.DB.Read(), `select count(*) from follow f join account a on a.id = f.account_id
		where f.target_id = $1 and f.accepted and a.host = ''`, in.Actor.ID)
	if err != nil || n == 0 {
		return err
	}
	// The object is taken from its own server even when it is embedded.
	p, err := s.Ensure(ctx, f, uri)
	if err == nil {
		in.ObjectURI = p.URI // of a Create that was only named, what it brought
	}
	if apperr.Is(err, apperr.KindNotFound) || apperr.Is(err, apperr.KindGone) || errors.Is(err, errIgnored) {
		return nil
	}
	return err
}

func (s *Service) onAnnounce(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	uri, shown := announced(in)
	if !shown {
		return errIgnored
	}
	p, err := s.reactable(ctx, tx, in.Actor, uri)
	if errors.Is(err, errIgnored) && in.ObjectURI != uri {
		p, err = s.reactable(ctx, tx, in.Actor, in.ObjectURI)
	}
	if err != nil {
		return err
	}
	if p.Audience != Public {
		return errIgnored // announcing never widens
	}
	if _, err := RawByURI(ctx, tx, in.Doc.ID()); err == nil {
		return nil
	}
	if gone, err := Entombed(ctx, tx, in.Doc.ID(), in.Actor.ID); err != nil || gone {
		return err
	}
	if _, err := one(ctx, tx, `p.boost_of_id = $1 and p.account_id = $2 and p.deleted_at = 0`, p.ID, in.Actor.ID); err == nil {
		return nil
	}
	b := &Post{
		ID: s.IDs.New(), URI: in.Doc.ID(), URL: p.URL, AccountID: in.Actor.ID, Kind: KindBoost, BoostOfID: p.ID, CreatedAt: dateOf(in.Doc.Published()),
	}
	b.ThreadID = b.ID
	if b.Audience, b.Listed = audienceOf(in.Doc, in.Actor); b.Audience == Direct {
		b.Audience = Followers // an Announce without addressing goes to who follows
	}
	return s.storeBoost(ctx, tx, b, p)
}
