package post

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/text"
)

// Resolver finds somebody of another server by address; the federation engine is one.
type Resolver interface {
	// Account gives the id of the account behind name@host, fetched if need be.
	Account(ctx context.Context, name, host string) (int64, error)
}

// Service holds the rules on posts.
type Service struct {
	DB       *db.DB
	IDs      *ids.Maker
	Accounts *account.Service
	Notify   *notify.Service
	Resolve  Resolver
	Fetch    route.Fetcher // makes threads whole; nil leaves them as they are

	// Wider gives inboxes beyond those of its readers that a post of ours is sent to.
	Wider []func(ctx context.Context, q db.Q, p *Post) ([]string, error)

	// Aliases give the id of the post behind another id of ours that a slice above sent
	// it under; ids that are none of theirs are as they are.
	Aliases []func(ctx context.Context, q db.Q, uri string) (string, error)

	// Affiliated reports whether there is a movement to write for; nil means none.
	Affiliated func(ctx context.Context, q db.Q) (bool, error)

	// Sent tells of an activity about a post that everybody may read, as it goes out.
	Sent []func(ctx context.Context, tx *db.Tx, p *Post, kind string, body []byte) error

	// Carry sends an activity about a post to those of the inboxes that take it in a form
	// of their own, and gives the others; nil when there are none such.
	Carry func(ctx context.Context, tx *db.Tx, p *Post, a as.Activity, o outbox.Opts, inboxes []string) (others []string, err error)

	// Concerns says whether a received post concerns somebody here beside followers and people named.
	Concerns []func(ctx context.Context, q db.Q, d *as.Doc) (bool, error)

	// Stored, Edited and Buried tell the slices above, inside the transaction.
	Stored []func(ctx context.Context, tx *db.Tx, p *Post) error
	Edited []func(ctx context.Context, tx *db.Tx, p *Post) error
	Buried []func(ctx context.Context, tx *db.Tx, p *Post) error

	// Circles are the closed groups; nil means there are none.
	Circles Circles

	// Permit refuses what the author of a post does not allow an account to do: "reply", "like", "announce".
	Permit func(ctx context.Context, q db.Q, accountID int64, p *Post, act string) error

	// Withheld keeps the activity that brought a post from who asks for it; nil keeps none.
	Withheld func(ctx context.Context, q db.Q, p *Post, signer *route.Actor) (bool, error)
	// Governs reports whether a Delete is the act of a moderator of a group the post is in: it erases nothing.
	Governs func(ctx context.Context, tx *db.Tx, in *route.Inbound) (bool, error)

	// InPlace is the condition of SQL that the post aliased p is not out of its thread by the word
	// of a slice above, as what a group removed; nil: all are in place.
	InPlace func(p string) string

	// Parts are what posts carry of the slices above. Set before the first use.
	Parts []Part

	// Later takes over a new post that is to appear later, and answers the app; nil refuses it.
	Later func(r *masto.Req, d Draft) error
}

// Draft is what somebody writes.
type Draft struct {
	Title          string // "" for most; a post with one is an article
	Kind           string // of a slice above; "" is a note, or an article
	Text           string
	Warning        string
	Sensitive      bool
	Lang           string
	Audience       Audience // "" means the widest the parent allows up to the person's default: see Create
	Unlisted       bool
	ScopeID        int64 // the group that Audience Group means
	ReplyTo        int64
	To             int64 // who alone is written to, whomever else a text made of other people's words names; 0: all whom it names
	AppID          int64
	IdempotencyKey string
	Parts          map[string]any // what each Part was asked for, by its name
}

// mentioned is somebody found in a text.
type mentioned struct {
	account *account.Account
	handle  text.Handle
}

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

// people finds those whom the text mentions; somebody who cannot be found, or
// whom v may not know of, or whom the post does not reach, stays plain text.
// Whoever is answered is known.
func (s *Service) people(ctx context.Context, v *auth.Viewer, d Draft, parent *Post) ([]mentioned, error) {
	handles, _ := text.Parse(d.Text)
	if len(handles) > maxMention {
		handles = handles[:maxMention]
	}
	var out []mentioned
	looked := 0
	for _, h := range handles {
		if h.Host == s.Accounts.Host {
			h.Host = ""
		}
		a, err := account.ByHandle(ctx, s.DB.Read(), h.Name, h.Host)
		if apperr.Is(err, apperr.KindNotFound) && h.Host != "" && d.To == 0 && d.Audience.Leaves() && s.Resolve != nil && looked < 10 {
			looked++
			var id int64
			if id, err = s.Resolve.Account(ctx, h.Name, h.Host); err == nil {
				a, err = account.ByID(ctx, s.DB.Read(), id)
			}
		}
		if err != nil {
			if apperr.Is(err, apperr.KindInternal) && ctx.Err() != nil {
				return nil, err
			}
			continue
		}
		if d.To != 0 && a.ID != d.To {
			continue
		}
		if a.Gone() || a.Kind == account.Application || !a.VisibleTo(v) && (parent == nil || a.ID != parent.AccountID) {
			continue
		}
		out = append(out, mentioned{a, h})
	}
	out, err := s.notApart(ctx, v.AccountID, out)
	if err != nil {
		return nil, err
	}
	return s.within(ctx, d, parent, notNaming(d, out))
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

func accountsOf(people []mentioned) []int64 {
	out := make([]int64, len(people))
	for i, m := range people {
		out[i] = m.account.ID
	}
	return out
}

func tagsOf(src string) []Tag {
	names := text.Hashtags(src)
	out := make([]Tag, len(names))
	for i, n := range names {
		out[i] = Tag{text.Fold(n), n}
	}
	return out
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

// Edit changes a post of one's own. The audience never changes.
//
// Spec: Mastodon statuses#edit
func (s *Service) Edit(ctx context.Context, v *auth.Viewer, id int64, d Draft) (*Post, error) {
	before, err := s.mine(ctx, s.DB.Read(), v, id)
	if err != nil {
		return nil, err
	}
	d.Audience, d.ReplyTo = before.Audience, before.ReplyToID
	if err := s.check(&d, before.Source == ""); err != nil { // one that never had a text needs none now
		return nil, err
	}
	if err := s.checkParts(ctx, v, &d, before); err != nil {
		return nil, err
	}
	var parent *Post
	if before.ReplyToID != 0 {
		if parent, err = Raw(ctx, s.DB.Read(), before.ReplyToID); err != nil {
			return nil, err
		}
	}
	people, err := s.people(ctx, v, d, parent)
	if err != nil {
		return nil, err
	}
	var out *Post
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := s.mine(ctx, tx, v, id)
		if err != nil {
			return err
		}
		me, err := account.ByID(ctx, tx, v.AccountID)
		if err != nil {
			return err
		}
		if err := s.revise(ctx, tx, p); err != nil {
			return err
		}
		p.Source, p.Warning, p.Sensitive = d.Text, d.Warning, d.Sensitive
		if p.Title != "" && d.Title != "" { // what has a title keeps one, so that its kind never changes
			p.Title = d.Title
		}
		p.Content = s.render(d.Text, people, goesOut(me, p.Audience, people))
		if d.Lang != "" {
			p.Lang = d.Lang
		}
		p.EditedAt = max(time.Now().UnixMilli(), p.EditedAt+1) // others tell edits apart by it
		out = p
		if err := s.edited(ctx, tx, p, tagsOf(d.Text), accountsOf(people), s.asked(d)); err != nil {
			return err
		}
		if p.Audience.Leaves() {
			return s.publishEdit(ctx, tx, p)
		}
		return nil
	})
	return out, err
}

// revise keeps what a post said before an edit.
func (s *Service) revise(ctx context.Context, tx *db.Tx, p *Post) error {
	id := s.IDs.New()
	if err := keepRevision(ctx, tx, id, p); err != nil {
		return err
	}
	return s.reviseParts(ctx, tx, p, id)
}

// edited writes an edit, ours or received: those mentioned anew are told, and
// those who boosted it that it changed.
func (s *Service) edited(ctx context.Context, tx *db.Tx, p *Post, tags []Tag, mentions []int64, fill filler) error {
	if err := saveEdit(ctx, tx, p); err != nil {
		return err
	}
	if err := setMentions(ctx, tx, p.ID, mentions); err != nil {
		return err
	}
	if err := setTags(ctx, tx, p.ID, tags); err != nil {
		return err
	}
	if err := fill(ctx, tx, p); err != nil {
		return err
	}
	for _, id := range mentions {
		if err := s.Notify.Add(ctx, tx, id, notify.Mention, p.AccountID, p.ID); err != nil {
			return err
		}
	}
	boosters, err := db.All[int64](ctx, tx, `select p.account_id from post p join account a on a.id = p.account_id
		where p.boost_of_id = $1 and p.deleted_at = 0 and a.host = ''`, p.ID)
	if err != nil {
		return err
	}
	for _, id := range boosters {
		if err := s.Notify.Add(ctx, tx, id, notify.Update, p.AccountID, p.ID); err != nil {
			return err
		}
	}
	for _, hook := range s.Edited {
		if err := hook(ctx, tx, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) mine(ctx context.Context, q db.Q, v *auth.Viewer, id int64) (*Post, error) {
	p, err := readable(ctx, q, ReaderOf(v), id)
	if err != nil {
		return nil, err
	}
	if p.AccountID != v.AccountID || p.BoostOfID != 0 {
		return nil, apperr.NotFound("post.not_yours")
	}
	return p, nil
}

// Delete erases a post of one's own. The row stays, empty, so that it never comes back.
//
// Spec: AP 7.4; Spec: Mastodon statuses#delete
func (s *Service) Delete(ctx context.Context, v *auth.Viewer, id int64) (*Post, error) {
	return s.delete(ctx, v, id, false)
}

// delete is Delete; spare keeps for a while what its author may want to write anew with.
func (s *Service) delete(ctx context.Context, v *auth.Viewer, id int64, spare bool) (*Post, error) {
	var out *Post
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := s.mine(ctx, tx, v, id)
		if err != nil {
			return err
		}
		out = p
		for _, part := range s.Parts {
			if part.Holds != nil {
				if err := part.Holds(ctx, tx, p); err != nil {
					return err
				}
			}
		}
		for _, part := range s.Parts {
			if spare && part.Spare != nil {
				if err := part.Spare(ctx, tx, p); err != nil {
					return err
				}
			}
		}
		return s.erase(ctx, tx, p)
	})
	return out, err
}

// erase buries a post and tells whoever has it.
func (s *Service) erase(ctx context.Context, tx *db.Tx, p *Post) error {
	if p.Local && p.Audience.Leaves() {
		if err := s.publishDelete(ctx, tx, p); err != nil {
			return err
		}
	}
	return s.buryPost(ctx, tx, p)
}

// buryPost empties a post and takes it out of what counts and shows it.
func (s *Service) buryPost(ctx context.Context, tx *db.Tx, p *Post) error {
	if err := s.buryParts(ctx, tx, p); err != nil {
		return err
	}
	if err := bury(ctx, tx, p.ID); err != nil {
		return err
	}
	if err := notify.ForgetPost(ctx, tx, p.ID); err != nil {
		return err
	}
	if err := countReply(ctx, tx, p, -1); err != nil {
		return err
	}
	if p.Audience == Public {
		if err := account.Count(ctx, tx, p.AccountID, -1, 0, 0); err != nil {
			return err
		}
	}
	for _, hook := range s.Buried {
		if err := hook(ctx, tx, p); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `delete from post_mention where post_id = $1`, p.ID)
	return err
}

// Get finds a post that v may read; apperr.KindNotFound otherwise, whether or not it exists.
func (s *Service) Get(ctx context.Context, v *auth.Viewer, id int64) (*Post, error) {
	return readable(ctx, s.DB.Read(), ReaderOf(v), id)
}
