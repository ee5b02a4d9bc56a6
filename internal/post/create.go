package post

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/text"
)

// Create publishes a post. Errors: KindInvalid with the fields "text", "warning",
// "audience"; "post.members_only" when a guest writes to the section;
// "post.needs_consent" when the author has not consented to public
// posts; "follow.needs_address" when a reply or mention leaves the instance and
// the author cannot be reached from outside.
//
// Spec: Mastodon statuses#create
func (s *Service) Create(ctx context.Context, v *auth.Viewer, d Draft) (*Post, error) {
	if p, err := s.answered(ctx, v.AccountID, d.IdempotencyKey); p != nil || err != nil {
		return p, err
	}
	if err := s.check(&d, false); err != nil {
		return nil, err
	}
	parent, err := s.parent(ctx, v, &d)
	if err != nil {
		return nil, err
	}
	if err := s.permit(ctx, s.DB.Read(), v.AccountID, parent, "reply"); err != nil {
		return nil, err
	}
	if err := s.checkParts(ctx, v, &d, nil); err != nil {
		return nil, err
	}
	if d.Audience == Group && d.ScopeID == 0 && (parent == nil || parent.ScopeID == 0) {
		return nil, apperr.Invalid("post.bad_audience").Field("audience", "post.bad_audience")
	}
	if (d.Audience == Section || d.Audience == Movement) && !v.Member {
		return nil, apperr.Invalid("post.members_only").Field("audience", "post.members_only")
	}
	// Finding people of other servers asks the network, so it comes before the transaction.
	people, err := s.people(ctx, v, d, parent)
	if err != nil {
		return nil, err
	}
	var out *Post
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		me, err := account.ByID(ctx, tx, v.AccountID)
		if err != nil {
			return err
		}
		if err := allowed(me, d, parent, people); err != nil {
			return err
		}
		p := s.compose(me, d, parent, people)
		prior, err := s.claim(ctx, tx, me.ID, d.IdempotencyKey, p.ID)
		if err != nil {
			return err
		}
		if prior != 0 {
			out, err = Raw(ctx, tx, prior)
			return err
		}
		out = p
		return s.store(ctx, tx, p, tagsOf(d.Text), accountsOf(people), s.asked(d))
	})
	return out, err
}

// check cleans a draft and judges its lengths. A post that stands on a part needs no text.
func (s *Service) check(d *Draft, wordless bool) error {
	d.Text, d.Warning = text.Clean(d.Text, MaxStored), text.Clean(d.Warning, MaxStored)
	if d.Title = text.PlainName(d.Title, MaxTitle+1); utf8.RuneCountInString(d.Title) > MaxTitle {
		return apperr.Invalid("post.title_long", MaxTitle).Field("title", "post.title_long", MaxTitle)
	}
	if d.Text == "" && !wordless && !s.stands(d) {
		return apperr.Invalid("post.empty").Field("text", "post.empty")
	}
	if text.Count(d.Text)+text.Count(d.Warning) > MaxText {
		return apperr.Invalid("post.too_long", MaxText).Field("text", "post.too_long", MaxText)
	}
	if text.Count(d.Warning) > MaxWarning {
		return apperr.Invalid("post.warning_long", MaxWarning).Field("warning", "post.warning_long", MaxWarning)
	}
	if len(d.Lang) > 12 {
		return apperr.Invalid("post.bad_lang").Field("language", "post.bad_lang")
	}
	if d.Warning != "" {
		d.Sensitive = true
	}
	return nil
}

// parent finds what the draft answers and settles the audience: never further
// than the parent's.
func (s *Service) parent(ctx context.Context, v *auth.Viewer, d *Draft) (*Post, error) {
	if err := s.movable(ctx, d); err != nil {
		return nil, err
	}
	if d.ReplyTo == 0 {
		if !d.Audience.Offered() && d.Audience != Group {
			return nil, apperr.Invalid("post.bad_audience").Field("audience", "post.bad_audience")
		}
		return nil, nil
	}
	parent, err := readable(ctx, s.DB.Read(), ReaderOf(v), d.ReplyTo)
	if err != nil {
		if apperr.Is(err, apperr.KindNotFound) {
			return nil, apperr.NotFound("post.parent_gone").Field("in_reply_to_id", "post.parent_gone")
		}
		return nil, err
	}
	if parent.BoostOfID != 0 {
		d.ReplyTo = parent.BoostOfID
		return s.parent(ctx, v, d)
	}
	if d.Audience == "" {
		d.Audience = parent.Audience
	}
	if !d.Audience.within(parent.Audience) {
		d.Audience = parent.Audience
		if parent.Audience == Followers && parent.AccountID != v.AccountID {
			// The parent's followers are not ours to address: answer the people named.
			d.Audience = Direct
		}
	}
	if parent.Audience == Public && !parent.Listed {
		d.Unlisted = true
	}
	return parent, nil
}

// within leaves out those whom a post does not reach: of one for the section
// who is no member, and of an answer to something that is not for everyone who
// may not read that.
func (s *Service) within(ctx context.Context, d Draft, parent *Post, people []mentioned) ([]mentioned, error) {
	audience := d.Audience
	if audience == Group {
		return s.granted(ctx, d.ScopeID, parent, people)
	}
	if audience != Section && audience != Movement && (parent == nil || parent.Audience == Public) {
		return people, nil
	}
	members, err := auth.MembersAmong(ctx, s.DB.Read(), accountsOf(people))
	if err != nil {
		return nil, err
	}
	out := people[:0]
	for _, m := range people {
		// A body of ours reads with the eyes of members alone.
		body := m.account.Local() && m.account.Kind == account.Organization
		r := Reader{AccountID: m.account.ID, Member: members[m.account.ID] || body, Host: m.account.Host}
		if audience == Section && !r.Member {
			continue
		}
		if audience == Movement && !r.Member {
			if yes, err := Affiliated(ctx, s.DB.Read(), r.Host, time.Now()); err != nil {
				return nil, err
			} else if !yes {
				continue
			}
		}
		if parent != nil {
			if _, err := readable(ctx, s.DB.Read(), r, parent.ID); apperr.Is(err, apperr.KindNotFound) {
				continue
			} else if err != nil {
				return nil, err
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// granted are those of people who read what is for a group.
func (s *Service) granted(ctx context.Context, scope int64, parent *Post, people []mentioned) ([]mentioned, error) {
	if parent != nil {
		scope = parent.ScopeID
	}
	if len(people) == 0 {
		return nil, nil
	}
	frag, args := db.In(2, accountsOf(people))
	// Members of other servers are known to a server by what they wrote.
	ids, err := db.All[int64](ctx, s.DB.Read(), `select a.id from account a where a.id in `+frag+` and (a.id = $1
		or exists (select 1 from audience_account g where g.scope_id = $1 and g.account_id = a.id)
		or a.host <> '' and exists (select 1 from post p where p.account_id = a.id and p.audience = 'group' and p.scope_id = $1 and p.deleted_at = 0))`, append([]any{scope}, args...)...)
	return slices.DeleteFunc(people, func(m mentioned) bool { return !slices.Contains(ids, m.account.ID) }), err
}

// allowed checks the consents that the audience needs.
func allowed(me *account.Account, d Draft, parent *Post, people []mentioned) error {
	if me.Gone() {
		return apperr.Forbidden("account.gone")
	}
	if d.Audience == Public && !me.Public {
		return apperr.Invalid("post.needs_consent").Field("audience", "post.needs_consent")
	}
	if me.Reachable || !d.Audience.Leaves() || d.Audience == Movement || d.Audience == Group {
		return nil
	}
	outside := parent != nil && !parent.Local
	for _, m := range people {
		outside = outside || !m.account.Local()
	}
	if outside {
		return apperr.Invalid("follow.needs_address").Field("audience", "follow.needs_address")
	}
	return nil
}

// compose makes the row of a new post of ours.
func (s *Service) compose(me *account.Account, d Draft, parent *Post, people []mentioned) *Post {
	key, id := ids.Key(), s.IDs.New()
	p := &Post{
		ID: id, URI: s.Accounts.Base + "/objects/" + key, URL: me.URL + "/" + ids.String(id), AccountID: me.ID, Local: true, Kind: KindNote,
		Audience: d.Audience, Listed: !d.Unlisted, Source: d.Text, Warning: d.Warning, Sensitive: d.Sensitive,
		Content: s.render(d.Text, people, goesOut(me, d.Audience, people)), Lang: d.Lang, ThreadID: id, AppID: d.AppID, CreatedAt: time.Now().UnixMilli(),
		ScopeID: d.ScopeID, Title: d.Title,
	}
	if d.Title != "" {
		p.Kind = KindArticle
	}
	if d.Kind != "" {
		p.Kind = d.Kind
	}
	if parent != nil {
		p.ReplyToID, p.ReplyToAccount, p.ReplyToURI, p.ThreadID = parent.ID, parent.AccountID, parent.URI, parent.ThreadID
		p.ScopeID = parent.ScopeID
	}
	return p
}

// goesOut reports whether a post can be read outside.
func goesOut(me *account.Account, a Audience, people []mentioned) bool {
	switch {
	case a == Public:
		return true
	case a == Movement, a == Group:
		return false // its servers may know of our people
	case a == Direct:
		return slices.ContainsFunc(people, func(m mentioned) bool { return !m.account.Local() })
	}
	return a.Leaves() && me.Reachable
}

// render makes the HTML of a text. In a post that goes out, people of ours whom
// outsiders may not know of are words: a link would tell that they are here.
func (s *Service) render(src string, people []mentioned, out bool) string {
	return text.Render(src, func(h text.Handle) (text.Resolved, bool) {
		if h.Host == s.Accounts.Host {
			h.Host = ""
		}
		for _, m := range people {
			if m.handle == h && (m.account.Reachable || !out) {
				return text.Resolved{Name: m.account.Username, Host: m.account.Host, URL: m.account.URL, URI: m.account.URI, ID: m.account.ID}, true
			}
		}
		return text.Resolved{}, false
	}, func(tag string) string { return s.Accounts.Base + "/tags/" + tag })
}

// store writes a new post, ours or received, and everything that follows from
// it: one of ours is sent to whom it concerns.
func (s *Service) store(ctx context.Context, tx *db.Tx, p *Post, tags []Tag, mentions []int64, fill filler) error {
	if err := s.put(ctx, tx, p, tags, mentions, fill); err != nil {
		return err
	}
	if p.Local && p.Audience.Leaves() {
		return s.publish(ctx, tx, p)
	}
	return nil
}

// put is store without sending.
func (s *Service) put(ctx context.Context, tx *db.Tx, p *Post, tags []Tag, mentions []int64, fill filler) error {
	if err := insert(ctx, tx, p); err != nil {
		return err
	}
	if p.BoostOfID == 0 {
		if err := setMentions(ctx, tx, p.ID, mentions); err != nil {
			return err
		}
		if err := setTags(ctx, tx, p.ID, tags); err != nil {
			return err
		}
	}
	if err := fill(ctx, tx, p); err != nil {
		return err
	}
	if err := countReply(ctx, tx, p, 1); err != nil {
		return err
	}
	if p.Audience == Public {
		if err := account.Posted(ctx, tx, p.AccountID, p.CreatedAt); err != nil {
			return err
		}
	}
	for _, id := range mentions {
		if err := s.Notify.Add(ctx, tx, id, notify.Mention, p.AccountID, p.ID); err != nil {
			return err
		}
	}
	for _, hook := range s.Stored {
		if err := hook(ctx, tx, p); err != nil {
			return err
		}
	}
	return nil
}
