package post

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/relation"
)

// objectTypes are the types that are read as posts.
var objectTypes = as.PostTypes

// maxChain is how many unknown parents are fetched for one post.
const maxChain = 10

// old is the age beyond which a received post takes its place by its own date
// and not by that of its arrival: it was fetched for a thread, it is no news.
const old = 24 * time.Hour

// errIgnored says that something was understood and concerns nobody here.
var errIgnored = errors.New("post: concerns nobody here")

// knownMentions are the mentioned accounts that we already know; others stay
// links in the text, and so do ours whom outsiders may not reach; a sister server may.
// WordPress names who commented by the address of their page.
func knownMentions(ctx context.Context, q db.Q, d *as.Doc, sister bool) ([]int64, error) {
	var uris, names []string
	for _, t := range d.Mentions() {
		if len(uris) >= maxMention {
			break
		}
		uris = append(uris, t.Href)
		if _, name, ok := strings.Cut(t.Href, "/@"); ok {
			names = append(names, strings.ToLower(name))
		}
	}
	if len(uris) == 0 {
		return nil, nil
	}
	frag, args := db.In(2, uris)
	sql := `select id from account where deleted_at = 0 and (reachable or $1) and (uri in ` + frag
	args = append([]any{sister}, args...)
	if len(names) > 0 {
		byName, more := db.In(2+len(uris), names)
		args = append(args, more...)
		sql += ` or handle in ` + byName + ` and host = '' and url in ` + frag
	}
	return db.All[int64](ctx, q, sql+`)`, args...)
}

// place gives a received post its id, and its place in a thread.
func (s *Service) place(ctx context.Context, tx *db.Tx, p *Post, author *route.Actor) error {
	p.ID = s.IDs.New()
	if at := time.UnixMilli(p.CreatedAt); time.Since(at) > old {
		p.ID = ids.Near(at)
	}
	p.ThreadID = p.ID
	if p.ReplyToURI == "" {
		return nil
	}
	parent, err := RawByURI(ctx, tx, p.ReplyToURI)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if no, err := relation.Refuses(ctx, tx, parent.AccountID, p.AccountID); err != nil {
		return err
	} else if no {
		return errIgnored
	}
	if !joins(p, parent) {
		return errIgnored
	}
	// Who may not read what our people wrote does not answer it here.
	if parent.Local && parent.Audience != Public && p.Audience != Group {
		if _, err := readable(ctx, tx, askedBy(author), parent.ID); apperr.Is(err, apperr.KindNotFound) {
			return errIgnored
		} else if err != nil {
			return err
		}
	}
	p.ReplyToID, p.ReplyToAccount, p.ThreadID = parent.ID, parent.AccountID, parent.ThreadID
	// An answer to what is closed is closed too, whatever its server says.
	if parent.Audience != Public && p.Audience == Public {
		p.Audience = parent.Audience
	}
	return nil
}

// keep stores a received post unless it is known or was deleted.
func (s *Service) keep(ctx context.Context, tx *db.Tx, in *incoming) (*Post, error) {
	if gone, err := Entombed(ctx, tx, in.post.URI, in.post.AccountID); err != nil || gone {
		if err == nil {
			err = apperr.Gone("post.gone")
		}
		return nil, err
	}
	have, err := RawByURI(ctx, tx, in.post.URI)
	if err == nil {
		return have, nil
	} else if !apperr.Is(err, apperr.KindNotFound) {
		return nil, err
	}
	p := in.post
	if err := s.place(ctx, tx, p, in.author); err != nil {
		return nil, err
	}
	if err := addressee(ctx, tx, p, in); err != nil {
		return nil, err
	}
	if err := s.store(ctx, tx, p, in.tags, in.mentions, s.taken(in.doc)); err != nil {
		return nil, err
	}
	if err := adopt(ctx, tx, p); err != nil {
		return nil, err
	}
	return p, SaveDocument(ctx, tx, p.ID, in.doc.Bytes)
}

// addressee adds to those named in an answer the one it answers, when it is
// addressed to them: forums do that instead of naming them.
func addressee(ctx context.Context, q db.Q, p *Post, in *incoming) error {
	if p.ReplyToAccount == 0 || p.ReplyToAccount == p.AccountID || slices.Contains(in.mentions, p.ReplyToAccount) {
		return nil
	}
	a, err := account.ByID(ctx, q, p.ReplyToAccount)
	if err != nil {
		return err
	}
	if a.Local() && a.Reachable && !a.Gone() && slices.Contains(append(in.doc.To(), in.doc.Cc()...), a.URI) {
		in.mentions = append(in.mentions, a.ID)
	}
	return nil
}

// concerns reports whether a post matters to somebody here: a follower of its
// author, somebody mentioned, or the thread of a post that is here.
func concerns(ctx context.Context, q db.Q, in *incoming) (bool, error) {
	if in.post.Audience == Group {
		return true, nil // somebody here is in it
	}
	frag, args := db.In(3, in.mentions)
	n, err := db.Get[int](ctx, q, `select count(*) from (
		select 1 from follow f join account a on a.id = f.account_id where f.target_id = $1 and f.accepted and a.host = ''
		union all select 1 from post p where p.uri = $2 and p.deleted_at = 0
		union all select 1 from account m where m.host = '' and m.id in `+frag+`
		limit 1) as t`, append([]any{in.post.AccountID, in.post.ReplyToURI}, args...)...)
	return n > 0, err
}

// concerned is concerns, or the word of a slice above.
func (s *Service) concerned(ctx context.Context, q db.Q, in *incoming) (bool, error) {
	yes, err := concerns(ctx, q, in)
	for _, hook := range s.Concerns {
		if yes || err != nil {
			break
		}
		yes, err = hook(ctx, q, in.doc)
	}
	return yes, err
}

// Ensure gives the post with a URI, fetched from its own server with its
// parents if it is not here. No transaction is open.
func (s *Service) Ensure(ctx context.Context, f route.Fetcher, uri string) (*Post, error) {
	return s.ensure(ctx, f, uri, nil, maxChain)
}

// EnsureIn is Ensure for what a group told its members of.
func (s *Service) EnsureIn(ctx context.Context, f route.Fetcher, uri string, group *route.Actor) (*Post, error) {
	return s.ensure(ctx, f, uri, group, maxChain)
}

func (s *Service) ensure(ctx context.Context, f route.Fetcher, uri string, via *route.Actor, depth int) (*Post, error) {
	p, err := RawByURI(ctx, s.DB.Read(), uri)
	if err == nil && p.DeletedAt != 0 {
		return nil, apperr.Gone("post.gone")
	}
	if err == nil || !apperr.Is(err, apperr.KindNotFound) {
		return p, err
	}
	if as.SameOrigin(uri, s.Accounts.Base) || depth <= 0 {
		return nil, apperr.NotFound("post.not_found")
	}
	d, err := f.Fetch(ctx, uri)
	if err != nil {
		return nil, err
	}
	return s.take(ctx, f, d, via, depth)
}

// Take stores a document fetched from its own server, its author and parents first.
func (s *Service) Take(ctx context.Context, f route.Fetcher, d *as.Doc, depth int) (*Post, error) {
	return s.take(ctx, f, d, nil, depth)
}

func (s *Service) take(ctx context.Context, f route.Fetcher, d *as.Doc, via *route.Actor, depth int) (*Post, error) {
	if d.Is("Create") && d.Object().Doc() != nil && as.SameOrigin(d.ID(), d.Object().ID()) {
		d = d.Object().Doc()
	}
	author, err := f.Resolve(ctx, d.AttributedTo())
	if err != nil {
		return nil, err
	}
	if author.Suspended || author.Deleted {
		return nil, apperr.NotFound("post.not_found")
	}
	if parent := as.HTTPURL(d.InReplyTo()); parent != "" {
		if _, err := s.ensure(ctx, f, parent, via, depth-1); err != nil && ctx.Err() != nil {
			return nil, err
		}
	}
	in, err := s.read(ctx, s.DB.Read(), d, author, via)
	if err != nil {
		return nil, err
	}
	var out *Post
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.keep(ctx, tx, in)
		return err
	})
	return out, err
}
