package poll

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Asked is the poll that somebody wants.
type Asked struct {
	Options    []string
	Duration   time.Duration
	Keep       bool // an edit: open as long as it was to be
	Multiple   bool
	HideTotals bool
}

// Part is what this slice adds to posts.
func (s *Service) Part() post.Part {
	return post.Part{
		Name: name, Asked: asked, AskedForm: askedForm, Compose: compose, Check: s.check, Store: s.store, Revise: revise, Changed: changed,
		Write: s.write, Take: s.take, Bury: bury, Load: s.load, Entity: entity, Past: past, Card: card,
	}
}

// asked reads poll[options][], poll[expires_in] in seconds, poll[multiple] and poll[hide_totals].
//
// Spec: Mastodon statuses#create
func asked(_ context.Context, _ *auth.Viewer, p masto.Params) (any, error) {
	a := &Asked{Multiple: p.Bool("poll[multiple]", false), HideTotals: p.Bool("poll[hide_totals]", false)}
	for _, o := range p.Strings("poll[options]") {
		if strings.TrimSpace(o) != "" {
			a.Options = append(a.Options, o)
		}
	}
	if len(a.Options) == 0 {
		if p.Has("poll[expires_in]") {
			return nil, apperr.Invalid("poll.few_options", MinOptions).Field("poll[options]", "poll.few_options", MinOptions)
		}
		return nil, nil
	}
	a.Keep = !p.Has("poll[expires_in]")
	a.Duration = time.Duration(min(p.Int("poll[expires_in]", 0), 1<<31)) * time.Second
	return a, nil
}

// durations are offered by pages, in seconds; the third is chosen beforehand.
var durations = []int{3600, 6 * 3600, 86400, 3 * 86400, 7 * 86400, 14 * 86400, 30 * 86400}

const usualDuration = 3 * 86400

func askedForm(_ *httpx.Ctx, form url.Values) (any, error) {
	a := &Asked{Multiple: form.Get("poll_multiple") != "", HideTotals: form.Get("poll_hide") != ""}
	for _, o := range form["poll_option"] {
		if strings.TrimSpace(o) != "" {
			a.Options = append(a.Options, o)
		}
	}
	if len(a.Options) == 0 {
		return nil, nil
	}
	a.Keep = form.Get("poll_duration") == keep
	seconds, err := strconv.Atoi(form.Get("poll_duration"))
	if err != nil {
		seconds = usualDuration
	}
	a.Duration = time.Duration(seconds) * time.Second
	return a, nil
}

// bad is a fault in what was asked, at the field of that name in the page.
func bad(field, key string, args ...any) error {
	return apperr.Invalid(key, args...).Field(field, key, args...)
}

// check judges a poll. One is part of its post from the beginning: a note that
// has none gets none by an edit, since other servers know it as a note.
func (s *Service) check(ctx context.Context, _ *auth.Viewer, d *post.Draft, old *post.Post) error {
	a, _ := d.Parts[name].(*Asked)
	if a == nil {
		return nil
	}
	if old != nil {
		if _, err := one(ctx, s.DB.Read(), 0, old.ID); apperr.Is(err, apperr.KindNotFound) {
			return bad("poll", "poll.not_added")
		} else if err != nil {
			return err
		}
	}
	if len(a.Options) < MinOptions {
		return bad("poll", "poll.few_options", MinOptions)
	}
	if len(a.Options) > MaxOptions {
		return bad("poll", "poll.many_options", MaxOptions)
	}
	seen := map[string]bool{}
	for i, o := range a.Options {
		o = text.PlainName(o, 1000)
		switch {
		case o == "":
			return bad("poll", "poll.few_options", MinOptions)
		case len([]rune(o)) > MaxTitle:
			return bad("poll", "poll.long_option", MaxTitle)
		case seen[o]:
			return bad("poll", "poll.same_option")
		}
		a.Options[i], seen[o] = o, true
	}
	if a.Keep && old != nil {
		return nil
	}
	if a.Duration < MinDuration || a.Duration > MaxDuration {
		return bad("poll", "poll.bad_duration")
	}
	return nil
}

// store writes the poll of a post of ours. Other options, or another number of
// choices, begin the vote anew.
//
// Spec: Mastodon statuses#edit
func (s *Service) store(ctx context.Context, tx *db.Tx, p *post.Post, v any) error {
	a := v.(*Asked)
	if err := hold(ctx, tx, p.ID); err != nil {
		return err
	}
	was, err := one(ctx, tx, 0, p.ID)
	if err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	next := &Poll{PostID: p.ID, Multiple: a.Multiple, HideTotals: a.HideTotals, ClosesAt: time.Now().Add(a.Duration).UnixMilli()}
	for i, title := range a.Options {
		next.Options = append(next.Options, Option{PostID: p.ID, Position: i, Title: title})
	}
	if was != nil && a.Keep {
		next.ClosesAt, next.EndedAt = was.ClosesAt, was.EndedAt
	}
	if was != nil && same(was, next) {
		next.Options, next.Voters = was.Options, was.Voters
	} else if err := clear(ctx, tx, p.ID); err != nil {
		return err
	}
	if err := put(ctx, tx, next); err != nil {
		return err
	}
	return closeAt(ctx, tx, next)
}

// same reports whether two polls ask the same.
func same(a, b *Poll) bool {
	return a.Multiple == b.Multiple && slices.EqualFunc(a.Options, b.Options, func(x, y Option) bool { return x.Title == y.Title })
}

// write makes a Question of the document.
//
// Spec: FEP-9967; Spec: AP-Vocabulary Question
func (s *Service) write(ctx context.Context, q db.Q, p *post.Post, n *as.Note) error {
	have, err := one(ctx, q, 0, p.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	n.Type = "Question"
	options := make([]any, len(have.Options))
	for i, o := range have.Options {
		replies := map[string]any{"type": "Collection"}
		if !have.Hidden() {
			replies["totalItems"] = o.Votes
		}
		options[i] = map[string]any{"type": "Note", "name": o.Title, "replies": replies}
	}
	if n.Extra == nil {
		n.Extra = map[string]any{}
	}
	kind := "oneOf"
	if have.Multiple {
		kind = "anyOf"
	}
	n.Extra[kind], n.Extra["votersCount"] = options, have.Voters
	at := time.UnixMilli(have.ClosesAt).UTC().Format(time.RFC3339)
	if n.Extra["endTime"] = at; have.Closed() {
		n.Extra["closed"] = at
	}
	return nil
}

func bury(ctx context.Context, tx *db.Tx, p *post.Post) error { return remove(ctx, tx, p.ID) }

func (s *Service) load(ctx context.Context, q db.Q, v *auth.Viewer, views []*post.View) error {
	ids := make([]int64, len(views))
	for i, w := range views {
		ids[i] = w.ID
	}
	me := int64(0)
	if v != nil {
		me = v.AccountID
	}
	found, err := load(ctx, q, me, ids)
	if err != nil {
		return err
	}
	for _, w := range views {
		if p := found[w.ID]; p != nil {
			own := *p // the same post may be in two views
			own.Mine = w.Mine
			if w.Left {
				own.forget()
			}
			w.SetPart(name, &own)
			if len(views) == 1 && v != nil {
				s.refreshSoon(ctx, w.Post, p)
			}
		}
	}
	return nil
}
