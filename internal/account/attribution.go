package account

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/text"
)

// MaxAttribution is how many sites somebody may allow to name them as an author.
const MaxAttribution = 100

// Attributes reports whether somebody allowed the pages of a host, or of one that
// it stands under, to name them as their author.
//
// Spec: Mastodon activitypub#attributionDomains
func (a *Account) Attributes(host string) bool {
	host = strings.ToLower(host)
	for allowed := range strings.FieldsSeq(a.Attribution) {
		if host == allowed || strings.HasSuffix(host, "."+allowed) {
			return true
		}
	}
	return false
}

// Attributions are the sites that may name somebody as an author.
func (a *Account) Attributions() []string { return strings.Fields(a.Attribution) }

// attribution keeps of a list what names a host.
func attribution(list []string) string {
	var out []string
	for _, v := range list {
		if h, ok := siteOf(v); ok && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return strings.Join(out, " ")
}

// siteOf reads a host as people write it, with or without https:// and a slash.
func siteOf(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	h, err := config.NormalHost(strings.TrimSuffix(s, "/"), "https", true)
	h, _, _ = strings.Cut(h, ":")
	return h, err == nil
}

// pictureAlt cleans what a picture is said to show.
func pictureAlt(s string) string { return text.PlainName(s, MaxPictureAlt) }

// describe applies what a change says of pictures and sites.
func (a *Account) describe(p Profile) error {
	for _, d := range []struct {
		to    *string
		given *string
		name  string
	}{{&a.AvatarAlt, p.AvatarAlt, "avatar_description"}, {&a.HeaderAlt, p.HeaderAlt, "header_description"}} {
		switch {
		case d.given == nil:
		case utf8.RuneCountInString(*d.given) > MaxPictureAlt:
			return apperr.Invalid("account.alt_long", MaxPictureAlt).Field(d.name, "account.alt_long", MaxPictureAlt)
		default:
			*d.to = pictureAlt(*d.given)
		}
	}
	if p.Attribution == nil {
		return nil
	}
	if len(*p.Attribution) > MaxAttribution {
		return apperr.Invalid("account.too_many_sites", MaxAttribution).Field("attribution_domains", "account.too_many_sites", MaxAttribution)
	}
	for _, v := range *p.Attribution {
		if _, ok := siteOf(v); !ok && strings.TrimSpace(v) != "" {
			return apperr.Invalid("account.bad_site", v).Field("attribution_domains", "account.bad_site", v)
		}
	}
	a.Attribution = attribution(*p.Attribution)
	return nil
}
