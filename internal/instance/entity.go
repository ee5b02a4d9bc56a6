package instance

import (
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/i18n"
	pins "github.com/maillage/maillage/internal/keep"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/poll"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/tag"
	"github.com/maillage/maillage/internal/text"
)

// apiLevel is the version of Mastodon whose interface we answer, from which
// apps decide what to ask: 4.3 has grouped notifications, 4.5 quotations. A minor version of two
// digits would be misread by some.
const apiLevel = "4.5.0"

// apiNumber is the same as a number: 2 is grouped notifications, 3 proof keys
// for authorisations, 4 web push, 5 filters that cover pictures, 6 featured
// accounts, 7 quotations; 8 would promise the profile as it is edited.
const apiNumber = 7

// source is where the program's source is, as its licence wants it said.
const source = "https://github.com/maillage/maillage"

// charsPerURL is how many characters an address counts in a post, whatever its length.
const charsPerURL = 23

func (s *Service) apiVersion() string {
	return apiLevel + " (compatible; Maillage " + s.Version + ")"
}

// streaming is the address that apps open sockets on.
func (s *Service) streaming() string { return "ws" + strings.TrimPrefix(s.Base, "http") }

// configuration says what apps may send: limits that hold, and none of what
// there is not, so that they do not offer it.
//
// Spec: Mastodon entities/Instance#configuration
func (s *Service) configuration() masto.InstanceConfiguration {
	closed := masto.TimelineAccess{Local: "authenticated", Remote: "authenticated"}
	return masto.InstanceConfiguration{
		Vapid: masto.InstanceVapid{PublicKey: s.PushKey},
		URLs:  masto.InstanceURLs{Streaming: s.streaming(), About: s.Base + AboutPath, PrivacyPolicy: masto.Ptr(s.Base + AboutPath + "#vie-privee")},
		Accounts: masto.InstanceAccounts{
			MaxProfileFields: account.MaxFields, ProfileFieldNameLimit: account.MaxName, ProfileFieldValueLimit: account.MaxFieldValue,
			MaxDisplayNameLength: account.MaxName, MaxNoteLength: account.MaxNote,
			MaxAvatarDescriptionLength: account.MaxPictureAlt, MaxHeaderDescriptionLength: account.MaxPictureAlt,
			MaxFeaturedTags: tag.MaxFeatured, MaxPinnedStatuses: pins.MaxPins,
		},
		Statuses:         masto.InstanceStatuses{MaxCharacters: post.MaxText, MaxMediaAttachments: s.MaxMedia, CharactersReservedPerURL: charsPerURL},
		MediaAttachments: s.Media,
		Polls: masto.InstancePolls{MaxOptions: poll.MaxOptions, MaxCharactersPerOption: poll.MaxTitle,
			MinExpiration: int(poll.MinDuration.Seconds()), MaxExpiration: int(poll.MaxDuration.Seconds())},
		TimelinesAccess: masto.InstanceTimelines{LiveFeeds: closed, HashtagFeeds: closed, TrendingLinkFeeds: closed},
	}
}

// summary is what the instance says of itself in plain words.
func summary(set Settings) string {
	if set.Sentence != "" {
		return set.Sentence
	}
	first, _, _ := strings.Cut(set.Description, "\n\n")
	return first
}

// Entity is the instance as apps read it before anything else.
//
// Spec: Mastodon entities/Instance
func (s *Service) Entity(set Settings) masto.Instance {
	// Who was active in a month stays 0: it is not measured.
	return masto.Instance{
		Domain: s.Host, Title: set.Name, Version: s.apiVersion(), SourceURL: source, Description: summary(set),
		Thumbnail: masto.InstanceThumbnail{URL: s.Base + account.HeaderPath}, Languages: i18n.Languages(),
		Configuration: s.configuration(), APIVersions: map[string]int{"mastodon": apiNumber, "maillage": 1},
		Contact: masto.InstanceContact{Email: set.Contact}, Rules: set.ruleEntities(),
	}
}

// EntityV1 is the same in the older form. How many people and servers there are
// stays 0.
//
// Spec: Mastodon entities/V1_Instance
func (s *Service) EntityV1(set Settings, n Counts) masto.InstanceV1 {
	return masto.InstanceV1{
		URI: s.Host, Title: set.Name, ShortDescription: summary(set), Description: s.extended(set), Email: set.Contact,
		Version: s.apiVersion(), URLs: masto.InstanceV1URLs{StreamingAPI: s.streaming()},
		Stats:     masto.InstanceV1Stats{StatusCount: n.Public},
		Thumbnail: masto.Ptr(s.Base + account.HeaderPath), Languages: i18n.Languages(), Configuration: s.configuration(), Rules: set.ruleEntities(),
	}
}

// extended is the description as HTML.
func (s *Service) extended(set Settings) string {
	return text.Render(set.Description, func(text.Handle) (text.Resolved, bool) { return text.Resolved{}, false },
		func(tag string) string { return s.Base + "/tags/" + tag })
}
