package event

import (
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// posterView is a meeting on a sheet of A4. It hangs on a wall: nothing is on it but
// what whoever may read the meeting may know, whoever prints it.
type posterView struct {
	Back               string
	Title, Size        string // how large the title is set: "s", "m", "l" or "xl"
	Kicker, Of         string
	Host               string // where another server's meeting comes from; "" for ours
	By                 string // who calls it there
	Block              web.DateBlock
	When, ISO          string
	Status, StatusNote string
	Void               bool // the date does not hold
	Place, Address     string
	Long               bool // much to say beside the title
	Full               bool // so much that all is set smaller
	Withheld           bool // the street is told later
	Online             string
	Picture            *web.Media
	NoPicture          bool // there is one, which not everybody may want to see
	For, ForName       string
	Closed             bool // strangers have to sign in
	QR                 template.HTML
	URL                string
}

// maxQR bounds the addresses drawn, in bytes: longer ones make squares too fine for a phone.
const maxQR = 300

func (s *Service) getPoster(c *httpx.Ctx) error {
	w, f, err := s.here(c)
	if err != nil {
		return err
	}
	card := post.Card(c, w)
	v := posterView{
		Back: path(w.ID), Title: w.Title, Size: titleSize(w.Title), Kicker: c.T("event.kind." + f.Kind), Of: ofWords(c, w, &card),
		Block: blockOf(c, &f.Meeting), When: capital(whenWords(c.Loc, &f.Meeting, time.Now())), ISO: f.Start().Format(time.RFC3339),
		Place: f.Place, Withheld: f.Withheld && f.Address != "", For: string(w.Audience), Closed: !everybody(w),
	}
	if f.Status != Confirmed {
		v.Status, v.StatusNote, v.Void = c.T("event.status_long."+f.Status), f.StatusNote, f.Status != Tentative
		v.Block.Past = v.Block.Past || v.Void
	}
	street := strings.TrimRight(f.Address, ". ")
	if f.Withheld {
		street = ""
	}
	v.Address = joined(", ", street, joined(" ", f.Postcode, f.City))
	switch {
	case f.Online && f.Place != "":
		v.Online = c.T("event.poster.and_online")
	case f.Online:
		v.Place = c.T("event.poster.online")
	}
	v.Long = utf8.RuneCountInString(v.Place+v.Address+v.StatusNote) > 200
	v.Full = utf8.RuneCountInString(v.Title+v.Place+v.Address+v.StatusNote) > 550
	switch w.Audience {
	case post.Group:
		if card.Group != nil {
			v.ForName = card.Group.Name
		}
	case post.Followers:
		v.ForName = w.Author.Name()
	}
	if i := slices.IndexFunc(card.Media, func(m web.Media) bool { return m.Kind == media.Image }); i >= 0 {
		if v.NoPicture = w.Sensitive; !v.NoPicture {
			v.Picture = &card.Media[i]
		}
	}
	address := s.Accounts.Base + path(w.ID)
	if !w.Local {
		v.By, v.Host = w.Author.Name(), w.Author.Host
		if everybody(w) && card.OriginalURL != "" && len(card.OriginalURL) <= maxQR {
			address = card.OriginalURL
		}
	}
	if v.QR, err = drawQR(address, c.T("event.poster.qr")); err != nil {
		return err
	}
	v.URL = shownAddress(address)
	return c.Page(&web.Page{Name: "event/poster", Wide: true, Title: c.T("event.poster.sheet") + " · " + w.Title, NoIndex: true, Data: v})
}

// everybody reports whether whoever reads the poster may open the page of the meeting.
func everybody(w *post.View) bool {
	return w.Audience == post.Public
}

// shownAddress is an address as people type it.
func shownAddress(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host + u.RequestURI()
	}
	return address
}

// titleSize is how large a title may be set so that the sheet has room for all else.
func titleSize(title string) string {
	switch n := utf8.RuneCountInString(title); {
	case n <= 32:
		return "xl"
	case n <= 72:
		return "l"
	case n <= 130:
		return "m"
	}
	return "s"
}
