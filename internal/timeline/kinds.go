package timeline

import (
	"context"
	"maps"
	"slices"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
)

// Kind is a kind of notification that a slice above adds to those of Mastodon.
type Kind struct {
	// As is the kind of Mastodon by which apps know it, which they filter and are woken by.
	As string
	// Icon and Words are what pages show; the words, a key, follow the name of
	// whom it is from. Apps of the telephone are told the same when they wake.
	Icon, Words string
	// Line is one line on the post that it is about, URL its page; both may be nil.
	Line func(l *i18n.Localizer, w *post.View) string
	URL  func(postID int64) string
	// Lines are of a kind that is about no post, but about something of the slice that
	// has the number of a post in notifications: one line on each that is still known.
	// Pages show these alone, and As is ""; apps know no such thing.
	Lines func(ctx context.Context, q db.Q, about []int64) (map[int64]func(*i18n.Localizer) string, error)
}

// lines are what pages say of things that are no posts, of each kind that has any.
func (s *Service) lines(ctx context.Context, rows []notify.Notification) (map[int64]func(*i18n.Localizer) string, error) {
	about := map[string][]int64{}
	for _, n := range rows {
		if s.kinds[n.Kind].Lines != nil {
			about[n.Kind] = append(about[n.Kind], n.PostID)
		}
	}
	out := map[int64]func(*i18n.Localizer) string{}
	for kind, all := range about {
		lines, err := s.kinds[kind].Lines(ctx, s.DB.Read(), all)
		if err != nil {
			return nil, err
		}
		for _, n := range rows {
			if say := lines[n.PostID]; say != nil && n.Kind == kind {
				out[n.ID] = say
			}
		}
	}
	return out, nil
}

// AddKinds takes the kinds of a slice, by their names. It is called while the instance is built.
func (s *Service) AddKinds(kinds map[string]Kind) {
	if s.kinds == nil {
		s.kinds = map[string]Kind{}
	}
	maps.Copy(s.kinds, kinds)
}

// KindOf is a kind that a slice added.
func (s *Service) KindOf(kind string) (Kind, bool) {
	k, ok := s.kinds[kind]
	return k, ok
}

// AppKind is the kind by which apps know a notification.
func (s *Service) AppKind(kind string) string {
	if k, ok := s.kinds[kind]; ok {
		return k.As
	}
	return kind
}

// storedKinds are the kinds, as they are stored, that apps mean by the names of
// theirs; names of none are left out.
func (s *Service) storedKinds(names []string) []string {
	var out []string
	for _, name := range names {
		if !notify.ValidKind(name) {
			continue
		}
		out = append(out, name)
		for _, own := range slices.Sorted(maps.Keys(s.kinds)) {
			if s.kinds[own].As == name {
				out = append(out, own)
			}
		}
	}
	return out
}
