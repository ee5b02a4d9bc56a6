package event

import (
	"fmt"
	"net/url"
	stdpath "path"
	"strings"
	"time"

	"github.com/maillage/maillage/web"
)

// player is where a meeting is watched: in the page when this instance serves the
// file itself, else by a link to another site. No page of ours asks another site
// for anything.
type player struct {
	Src    string // of ours
	Kind   string // video, audio
	Type   string
	Poster string
	Alt    string
	URL    string // elsewhere
	Host   string
}

// playable are the files that a page plays, by what their names end in.
var playable = map[string]string{".mp4": "video/mp4", ".webm": "video/webm", ".m3u8": "application/vnd.apple.mpegurl", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".m4a": "audio/mp4"}

// playerOf is the player of an address; nil for none.
func (s *Service) playerOf(address string) *player {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil
	}
	kind := playable[strings.ToLower(stdpath.Ext(u.Path))]
	if u.Scheme+"://"+u.Host != s.Accounts.Base || kind == "" {
		return &player{URL: address, Host: u.Host}
	}
	u.Fragment = ""
	p := &player{Src: u.RequestURI(), Kind: "video", Type: kind}
	if strings.HasPrefix(kind, "audio/") {
		p.Kind = "audio"
	}
	return p
}

// passing reports whether an address of ours is good for two days only: that of a
// film in a post that is not for everyone.
func (s *Service) passing(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme+"://"+u.Host == s.Accounts.Base && strings.HasPrefix(u.Path, "/media/") && u.Query().Has("e")
}

// isPicture reports whether an address is, by its name, that of a picture: nobody
// watches a meeting there.
func isPicture(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	switch strings.ToLower(stdpath.Ext(u.Path)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".heic", ".svg":
		return true
	}
	return false
}

// filmOf is the player of a film or sound that is in the meeting itself; nil for none.
func filmOf(card *web.PostCard) *player {
	for _, m := range card.Media {
		if m.Kind == "video" || m.Kind == "audio" {
			return &player{Src: m.URL, Kind: m.Kind, Poster: m.PreviewURL, Alt: m.Alt}
		}
	}
	return nil
}

// clockOf is a moment of a recording: « 1:02:10 ».
func clockOf(d time.Duration) string {
	n := int(d / time.Second)
	if n >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", n/3600, n/60%60, n%60)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}
