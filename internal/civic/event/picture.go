package event

import (
	"context"
	"net/url"
	"slices"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// The picture of a meeting is the first one among the media of its post. So whoever
// may read the meeting may see it, and nobody else; it goes with the post.

// Picture is what a draft asks of the picture of a meeting.
type Picture struct {
	ID  int64 // what somebody sent, or what is there; 0 takes it away
	Alt string
}

// readPicture reads the form; nil when it says nothing of a picture.
func readPicture(f url.Values) *Picture {
	if f.Get("picture_here") == "" {
		return nil
	}
	p := &Picture{Alt: f.Get("picture_alt")}
	if p.ID, _ = ids.Parse(f.Get("picture_id")); f.Get("drop_picture") != "" {
		p.ID = 0
	}
	return p
}

// pictureOf is the picture among the media of a post; nil when there is none.
func pictureOf(list []*media.Media) *media.Media {
	if i := slices.IndexFunc(list, func(m *media.Media) bool { return m.Kind == media.Image }); i >= 0 {
		return list[i]
	}
	return nil
}

// takePicture keeps the file of a form, and notes in the form what it became:
// should the form be shown again, it need not be chosen again.
func (s *Service) takePicture(c *httpx.Ctx, form url.Values) error {
	f, err := media.Chosen(c, "picture")
	if err != nil || f == nil {
		return err
	}
	defer f.Close()
	m, err := s.Media.Add(c.Context(), c.Viewer.AccountID, media.Upload{File: f, Description: form.Get("picture_alt"), Still: true})
	if err != nil {
		return err
	}
	form.Set("picture_id", ids.String(m.ID))
	form.Del("drop_picture")
	return nil
}

// pictureErrors puts what is wrong with a file at the field of the picture.
func pictureErrors(errs []web.FieldError) []web.FieldError {
	for i, e := range errs {
		switch e.Name {
		case "file", "media_ids":
			errs[i].Name = "picture"
		case "description":
			errs[i].Name = "picture_alt"
		}
	}
	return errs
}

// pictures puts the picture that is asked for into the draft of a post, before what
// else is in it; old is nil for a new one. by sent the file, author has the post.
func (s *Service) pictures(ctx context.Context, by, author *auth.Viewer, old *post.Post, p *Picture, into map[string]any) error {
	if p == nil {
		return nil
	}
	var list []*media.Media
	var err error
	if old != nil {
		if list, err = media.Of(ctx, s.DB.Read(), old.ID); err != nil {
			return err
		}
	}
	was := pictureOf(list)
	if was == nil && p.ID == 0 || was != nil && was.ID == p.ID && was.Description == p.Alt {
		return nil
	}
	var all []media.Piece
	if p.ID != 0 {
		if by.AccountID != author.AccountID {
			if err := s.Media.Hand(ctx, by.AccountID, author.AccountID, p.ID); err != nil {
				return err
			}
		}
		all = append(all, media.Piece{ID: p.ID, Description: p.Alt})
	}
	for _, m := range list {
		if m != was {
			all = append(all, media.Piece{ID: m.ID, Description: m.Description})
		}
	}
	into[media.PartName] = media.Want(all...)
	return nil
}

// sameAgain is the picture of one date for another: its own copy of a file, or its
// own file where nothing but the words changed.
func (s *Service) sameAgain(ctx context.Context, by *auth.Viewer, author, fromID, toID int64, p *Picture) (*Picture, error) {
	if p == nil || p.ID == 0 {
		return p, nil
	}
	if fromID != 0 {
		from, err := media.Of(ctx, s.DB.Read(), fromID)
		if err != nil {
			return nil, err
		}
		to, err := media.Of(ctx, s.DB.Read(), toID)
		if err != nil {
			return nil, err
		}
		if a, b := pictureOf(from), pictureOf(to); a != nil && b != nil && a.ID == p.ID {
			return &Picture{ID: b.ID, Alt: p.Alt}, nil
		}
	}
	if by.AccountID != author {
		if err := s.Media.Hand(ctx, by.AccountID, author, p.ID); err != nil {
			return nil, err
		}
	}
	m, err := s.Media.Copy(ctx, author, p.ID)
	if err != nil {
		return nil, err
	}
	return &Picture{ID: m.ID, Alt: p.Alt}, nil
}

// ofDates is the picture for the next date of a series: that of the last date
// which was not changed by itself, if there is one.
func (s *Service) ofDates(ctx context.Context, r *series) (*Picture, error) {
	last, err := db.All[int64](ctx, s.DB.Read(), `select d.post_id from meeting_date d where d.series_id = $1 order by case when d.own then 1 else 0 end, d.original desc limit 1`, r.ID)
	if err != nil || len(last) == 0 {
		return nil, err
	}
	list, err := media.Of(ctx, s.DB.Read(), last[0])
	if err != nil {
		return nil, err
	}
	m := pictureOf(list)
	if m == nil || m.State != media.Ready {
		return nil, nil
	}
	return s.sameAgain(ctx, &auth.Viewer{AccountID: r.AccountID}, r.AccountID, 0, 0, &Picture{ID: m.ID, Alt: m.Description})
}

// banner makes the picture of a meeting what readers of events look for: the first
// attachment, a Document named Banner, and the image of the object.
//
// Spec: Mobilizon; Spec: AP-Vocabulary image
func banner(n *as.Note) {
	i := slices.IndexFunc(n.Attachments, func(a as.Attachment) bool { return a.Type == "Image" })
	if i < 0 {
		return
	}
	a := n.Attachments[i]
	n.Image = &as.Image{URL: a.URL, MediaType: a.MediaType, Name: a.Name}
	a.Type, a.Role = "Document", as.Banner
	n.Attachments = slices.Insert(slices.Delete(n.Attachments, i, i+1), 0, a)
}

// pictureField is what the form shows of the picture.
type pictureField struct {
	ID, Preview string
	File, Alt   web.Field
	Drop        *web.Field
}

func (s *Service) pictureField(c *httpx.Ctx, d Draft, field func(name, kind, value string) web.Field) (pictureField, error) {
	p := d.Picture
	if p == nil {
		p = &Picture{}
	}
	v := pictureField{File: field("picture", "file", ""), Alt: field("picture_alt", "textarea", p.Alt)}
	v.File.Optional, v.Alt.Optional = true, true
	v.Alt.Rows, v.Alt.MaxLength, v.Alt.Spellcheck = 2, media.MaxDescription, true
	if p.ID == 0 {
		return v, nil
	}
	for _, who := range []int64{c.Viewer.AccountID, d.author} {
		m, err := s.Media.Sent(c.Context(), s.DB.Read(), who, p.ID)
		if err != nil {
			continue // another's, or gone meanwhile
		}
		v.ID, v.Preview = ids.String(m.ID), s.Media.Preview(m)
		drop := field("drop_picture", "checkbox", "")
		v.Drop = &drop
		break
	}
	return v, nil
}
