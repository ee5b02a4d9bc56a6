package timeline

import (
	"maps"
	"slices"

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
