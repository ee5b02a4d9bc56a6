package media

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// PicturesPath is the page on which people choose their own pictures.
const PicturesPath = "/reglages/images"

// maxForm is the largest form with an avatar and a header.
const maxForm = 2*MaxPicture + 1<<20

// Web declares where files are, and the page on one's own pictures.
func (s *Service) Web(r *httpx.Router) {
	s.routes(r)
	r.Get(account.FacePath+"{id:[0-9]+}/{version:[0-9a-f]{8}}", httpx.Public, s.face, httpx.Timeout(45*time.Second))
	r.Get(PicturesPath, httpx.SignedIn, s.pictures)
	r.Post(PicturesPath, httpx.SignedIn, s.savePictures, httpx.MaxBody(maxForm), httpx.Timeout(3*time.Minute))
}

// face answers a page with an avatar, to whom may know of the account.
//
// Spec: ME6; Spec: P13
func (s *Service) face(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	a, err := s.faceOf(c, id)
	if err != nil {
		return err
	}
	if a.Face() != account.FacePath+c.Var("id")+"/"+c.Var("version") {
		return apperr.NotFound("httpx.not_found")
	}
	if closed(a) {
		c.W.Header().Set("Cache-Control", "private, no-cache") // asked again each time, for who was put out
	} else {
		c.W.Header().Set("Cache-Control", "private, max-age=86400")
	}
	if !a.Local() {
		return s.answer(c, wish{use: UseAvatar, address: a.Avatar, named: closed(a) && as.SameOrigin(a.URI, a.Avatar)}, false)
	}
	key, _ := keyOf(s.local(a.Avatar))
	v, err := find(c.Context(), s.DB.Read(), key)
	if err != nil {
		return err
	}
	if v == nil || v.Gone {
		return apperr.NotFound("httpx.not_found")
	}
	return s.send(c, v.File, v.Type)
}

// faceOf finds an account whose avatar the viewer may see.
func (s *Service) faceOf(c *httpx.Ctx, id int64) (*account.Account, error) {
	a, err := account.ByID(c.Context(), s.DB.Read(), id)
	if err != nil || a.VisibleTo(c.Viewer) {
		return a, err
	}
	if closed(a) && c.Viewer != nil {
		if yes, err := s.sees(c.Context(), s.DB.Read(), c.Viewer.AccountID, a); err != nil || yes {
			return a, err
		}
	}
	return nil, apperr.NotFound("account.not_found")
}

type picturesView struct {
	Summary        web.ErrorSummary
	Avatar, Header web.Field
	Face, Band     string // what there is now
	// The fields for what they show, and to take them away.
	FaceAlt, BandAlt   web.Field
	DropFace, DropBand web.Field
}

func (s *Service) pictures(c *httpx.Ctx) error { return s.showPictures(c, http.StatusOK, nil, nil) }

// The fields of the form for what the pictures show, named as apps name them.
const faceAlt, bandAlt = "avatar_description", "header_description"

// showPictures shows the form; sent is what was sent, nil to show what is kept.
func (s *Service) showPictures(c *httpx.Ctx, status int, sent url.Values, errs []web.FieldError) error {
	me, err := account.ByID(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	problem := map[string]string{}
	for _, e := range errs {
		problem[e.Name] = e.Text
	}
	if sent == nil {
		sent = url.Values{faceAlt: {me.AvatarAlt}, bandAlt: {me.HeaderAlt}}
	}
	said := func(name string) web.Field {
		return web.Field{Name: name, Label: c.T("media." + name), Hint: c.T("media." + name + ".hint"), Type: "textarea", Rows: 2, MaxLength: account.MaxPictureAlt,
			Spellcheck: true, Optional: true, Value: sent.Get(name), Error: problem[name]}
	}
	v := picturesView{
		Summary: web.ErrorSummary{Errors: errs},
		Avatar:  web.Field{Name: "avatar", Label: c.T("media.avatar"), Hint: c.T("media.avatar.hint"), Type: "file", Error: problem["avatar"]},
		Header:  web.Field{Name: "header", Label: c.T("media.header"), Hint: c.T("media.header.hint"), Type: "file", Error: problem["header"]},
		Face:    me.Face(), Band: s.local(s.Picture(me, true, me.ID)),
		FaceAlt: said(faceAlt), BandAlt: said(bandAlt),
		DropFace: web.Field{Name: "drop_avatar", Label: c.T("media.avatar.drop"), Type: "checkbox", Checked: sent.Has("drop_avatar")},
		DropBand: web.Field{Name: "drop_header", Label: c.T("media.header.drop"), Type: "checkbox", Checked: sent.Has("drop_header")},
	}
	return c.PageStatus(status, &web.Page{Name: "media/pictures", Title: c.T("media.pictures"), NoIndex: true, Data: v})
}

func (s *Service) savePictures(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	var said account.Profile
	for name, to := range map[string]**string{"avatar": &said.AvatarAlt, "header": &said.HeaderAlt} {
		if !form.Has(name + "_description") {
			continue
		}
		words := form.Get(name + "_description")
		if form.Get("drop_"+name) != "" {
			if f, err := chosen(c, name); err != nil {
				return err
			} else if f == nil {
				words = "" // with the picture
			} else {
				f.Close()
			}
		}
		*to = &words
	}
	_, err = s.Accounts.Update(c.Context(), c.Viewer.AccountID, said)
	if errs := c.FieldErrors(err); errs != nil {
		return s.showPictures(c, http.StatusUnprocessableEntity, form, errs)
	} else if err != nil {
		return err
	}
	for name, header := range map[string]bool{"avatar": false, "header": true} {
		f, err := chosen(c, name)
		if err != nil {
			return err
		}
		switch {
		case f != nil:
			err = s.Portray(c.Context(), c.Viewer.AccountID, header, f)
			f.Close()
		case form.Get("drop_"+name) != "":
			err = s.Portray(c.Context(), c.Viewer.AccountID, header, nil)
		}
		if errs := c.FieldErrors(err); errs != nil {
			for i := range errs {
				errs[i].Name = name
			}
			return s.showPictures(c, http.StatusUnprocessableEntity, form, errs)
		}
		if err != nil {
			return err
		}
	}
	c.Flash("success", "media.pictures.saved")
	return c.Redirect(PicturesPath)
}

// chosen opens the file of a form's field, nil when none was chosen.
func chosen(c *httpx.Ctx, name string) (io.ReadCloser, error) {
	if c.R.MultipartForm == nil {
		return nil, nil
	}
	list := c.R.MultipartForm.File[name]
	if len(list) == 0 || list[0].Size == 0 {
		return nil, nil
	}
	return list[0].Open()
}

// askedForm takes the files of a form, and notes in it what they became: should
// the form be shown again, they need not be chosen again.
func (s *Service) askedForm(c *httpx.Ctx, form url.Values) (any, error) {
	if form.Get("media_here") == "" && len(form["media_id"]) == 0 {
		return nil, nil
	}
	w := wanted{Words: map[int64]words{}}
	var kept []string
	for _, v := range form["media_id"] {
		id, ok := ids.Parse(v)
		if !ok || form.Get("drop_"+v) != "" {
			continue
		}
		alt := form.Get("alt_" + v)
		w.IDs, w.Words[id] = append(w.IDs, id), words{Description: &alt}
		kept = append(kept, v)
	}
	// An edit takes away what is no longer named; a new post without files has none.
	edit := strings.HasSuffix(c.R.URL.Path, "/edit")
	form["media_id"] = kept
	for n := 1; n <= MaxPerPost; n++ {
		f, err := chosen(c, "media_"+strconv.Itoa(n))
		if err != nil {
			return nil, err
		}
		if f == nil {
			continue
		}
		alt := form.Get("media_alt_" + strconv.Itoa(n))
		m, err := s.Add(c.Context(), c.Viewer.AccountID, Upload{File: f, Description: alt})
		f.Close()
		if err != nil {
			return nil, err
		}
		id := ids.String(m.ID)
		form["media_id"], form["alt_"+id] = append(form["media_id"], id), []string{alt}
		w.IDs = append(w.IDs, m.ID)
	}
	if len(w.IDs) == 0 && !edit {
		return nil, nil
	}
	return w, nil
}

// compose fills the fields for files: those that were sent before, and room for more.
func (s *Service) compose(c *httpx.Ctx, form url.Values, old *post.View, composer *web.Composer) error {
	f := &web.ComposerMedia{Accept: strings.Join(s.Types(), ","), MaxAlt: MaxDescription}
	composer.Media = f
	in := int64(0)
	var named []int64
	if old != nil {
		in = old.ID
		for _, m := range post.PartOf[[]*Media](old, PartName) {
			named = append(named, m.ID)
		}
	}
	if form != nil && form.Get("media_here") != "" {
		named = nil
		for _, v := range form["media_id"] {
			if id, ok := ids.Parse(v); ok && len(named) < MaxPerPost {
				named = append(named, id)
			}
		}
	}
	for _, id := range named {
		list, err := s.usable(c.Context(), s.DB.Read(), c.Viewer.AccountID, in, []int64{id})
		if apperr.Is(err, apperr.KindInvalid) {
			continue // deleted meanwhile
		} else if err != nil {
			return err
		}
		m := list[0]
		item := web.ComposerMedium{ID: ids.String(id), Alt: m.Description}
		if alt, ok := form["alt_"+item.ID]; ok && len(alt) > 0 {
			item.Alt = alt[0]
		}
		if m.SmallFile != "" {
			item.PreviewURL = s.local(s.URL(m, true, m.mine()))
		}
		f.Items = append(f.Items, item)
	}
	for n := 1; n <= MaxPerPost-len(f.Items); n++ {
		f.Slots = append(f.Slots, n)
	}
	return nil
}

// card shows the media of a post on pages.
func (s *Service) card(_ *httpx.Ctx, w *post.View, card *web.PostCard) {
	card.Sensitive = w.Sensitive
	to := shownIn(w)
	for _, m := range post.PartOf[[]*Media](w, PartName) {
		if m.State != Ready && m.State != Remote {
			continue
		}
		x := web.Media{Kind: m.Kind, URL: s.local(s.URL(m, false, to)), Alt: m.Description, Width: int(m.Width), Height: int(m.Height)}
		if m.pictured() {
			x.PreviewURL = s.local(s.URL(m, true, to))
		}
		if m.Kind == Gifv {
			x.Kind = Video
		}
		card.Media = append(card.Media, x)
	}
}
