package event

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/visitor"
	"github.com/maillage/maillage/web"
)

// actSeat is what visitors want of a meeting: to answer to it.
const actSeat = "event.seat"

// wish is an answer that waits until somebody has confirmed who they are.
type wish struct {
	PostID     int64
	Answer     string
	Companions int64
}

// open reports whether people from outside may register: what everybody may read.
func open(p *post.Post) bool { return p.Local && p.Audience == post.Public }

// seatVisitor does what a visitor wished when they confirmed who they are.
func (s *Service) seatVisitor(ctx context.Context, tx *db.Tx, v *visitor.Visitor, payload string) error {
	var w wish
	if err := json.Unmarshal([]byte(payload), &w); err != nil {
		return err
	}
	_, err := s.answerOutside(ctx, tx, v, w)
	return err
}

// AnswerOutside stores what a visitor answers to an open meeting. Errors: those of [Service.Answer].
func (s *Service) AnswerOutside(ctx context.Context, v *visitor.Visitor, postID int64, r Reply) (*Seat, error) {
	var out *Seat
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = s.answerOutside(ctx, tx, v, wish{postID, r.Answer, r.Companions})
		return err
	})
	return out, err
}

func (s *Service) answerOutside(ctx context.Context, tx *db.Tx, v *visitor.Visitor, w wish) (*Seat, error) {
	p, err := post.Raw(ctx, tx, w.PostID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && (p.DeletedAt != 0 || !open(p)) {
		return nil, apperr.Invalid("event.not_found")
	} else if err != nil {
		return nil, err
	}
	m, err := one(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	old, err := seatOf(ctx, tx, p.ID, of1(v))
	if err != nil || old == nil && w.Answer == No {
		return old, err
	}
	x, err := s.answer(ctx, tx, p.ID, of1(v), Reply{Answer: w.Answer, Companions: w.Companions, Name: v.Name})
	if err != nil {
		return nil, err
	}
	if err := s.Visitors.Hold(ctx, tx, v.ID, m.forgottenAt()); err != nil {
		return nil, err
	}
	if old != nil && old.Answer == x.Answer && old.State == x.State && old.Companions == x.Companions {
		return x, nil // nothing new to tell
	}
	return x, s.tellOwn(ctx, tx, p, m, x)
}

// tellOwn confirms to somebody what they have just answered.
func (s *Service) tellOwn(ctx context.Context, tx *db.Tx, p *post.Post, m *Meeting, x *Seat) error {
	news := newsKept
	switch {
	case x.Answer == No:
		news = newsLeft
	case x.State == Waiting:
		news = newsWaiting
	case !x.registered():
		return nil
	}
	return s.tellSeats(ctx, tx, p, m, news, []Seat{*x})
}

// of1 is a visitor as somebody who answers. Whom we know by their account
// elsewhere is the same person whichever way they came.
func of1(v *visitor.Visitor) who {
	if v.AccountID != 0 {
		return who{account: v.AccountID}
	}
	return who{visitor: v.ID}
}

// holdVisitors has the visitors who answered to a meeting reached until it is forgotten.
func (s *Service) holdVisitors(ctx context.Context, tx *db.Tx, m *Meeting) error {
	all, err := db.All[int64](ctx, tx, `select visitor_id from meeting_seat where post_id = $1 and visitor_id <> 0 order by visitor_id`, m.PostID)
	if err != nil {
		return err
	}
	for _, id := range all {
		if err := s.Visitors.Hold(ctx, tx, id, m.forgottenAt()); err != nil {
			return err
		}
	}
	return nil
}

// keepNames leaves in the lists that are kept on purpose the name alone of a
// visitor whose time is over. Who has themselves erased is in no list.
func keepNames(ctx context.Context, tx *db.Tx, visitorID int64) error {
	v, err := visitor.ByIDs(ctx, tx, []int64{visitorID})
	if err != nil || v[visitorID] == nil || v[visitorID].ExpiresAt > now() {
		return err
	}
	_, err = tx.Exec(ctx, `update meeting_seat set visitor_id = 0, message = '' where visitor_id = $1
		and post_id in (select m.post_id from meeting m where m.keep_list and m.ends_at < $2)`, visitorID, now())
	return err
}

// forgetVisitor frees the seats of a visitor who is erased.
func (s *Service) forgetVisitor(ctx context.Context, tx *db.Tx, visitorID int64) error {
	if err := keepNames(ctx, tx, visitorID); err != nil {
		return err
	}
	had, err := db.All[int64](ctx, tx, `select post_id from meeting_seat where visitor_id = $1 order by post_id`, visitorID)
	if err != nil {
		return err
	}
	for _, id := range had {
		if err := hold(ctx, tx, id); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `delete from meeting_seat where visitor_id = $1`, visitorID); err != nil {
		return err
	}
	if err := eraseTalk(ctx, tx, "visitor_id", visitorID); err != nil {
		return err
	}
	for _, id := range had {
		if err := s.moveUp(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// comeForm is the page where somebody without an account here registers.
func (s *Service) comeForm(c *httpx.Ctx, w *post.View, f *found, typed visitor.Form, answer string, companions int64) error {
	typed.Title, typed.Text = c.T("event.come_title"), joined(" – ", w.Title, whenWords(c.Loc, &f.Meeting, nowTime()))
	typed.Action, typed.Back = path(w.ID)+"/venir", web.Link{Name: w.Title, URL: path(w.ID)}
	problem := func(name string) string {
		if i := slices.IndexFunc(typed.Errors, func(e web.FieldError) bool { return e.Name == name }); i >= 0 {
			return typed.Errors[i].Text
		}
		return ""
	}
	if f.HasRoom() && f.Online {
		how := web.Field{Name: "answer", Label: c.T("event.come_how"), Type: "radio", Choices: []web.Choice{
			{Value: Room, Label: c.T("event.come_room"), Hint: f.whereWords(), Checked: answer != Remote}, {Value: Remote, Label: c.T("event.i_remote"), Hint: c.T("event.come_remote_hint"), Checked: answer == Remote}}}
		how.Error = problem("answer")
		typed.More = append(typed.More, how)
	}
	if f.HasRoom() && f.Companions > 0 {
		with := web.Field{Name: "companions", Label: c.T("event.come_with"), Type: "select", Error: problem("companions")}
		for n := range f.Companions + 1 {
			label := c.T("event.alone")
			if n > 0 {
				label = c.Loc.N("event.bring", int(n))
			}
			with.Choices = append(with.Choices, web.Choice{Value: ids.String(n), Label: label, Checked: n == companions})
		}
		typed.More = append(typed.More, with)
	}
	return s.Visitors.ShowForm(c, typed)
}

// openHere finds an open meeting of the path to which one can still answer.
func (s *Service) openHere(c *httpx.Ctx) (*post.View, *found, error) {
	w, f, err := s.here(c)
	if err != nil {
		return nil, nil, err
	}
	if !open(w.Post) {
		return nil, nil, unknown()
	}
	return w, f, f.takes(&Seat{Answer: Maybe})
}

func (s *Service) getCome(c *httpx.Ctx) error {
	w, f, err := s.openHere(c)
	if err != nil {
		return err
	}
	return s.comeForm(c, w, f, visitor.Form{}, Room, 0)
}

// postCome sends the letter that confirms an address, or goes to the server of an account.
func (s *Service) postCome(c *httpx.Ctx) error {
	w, f, err := s.openHere(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	companions := bringing(form)
	want := wish{w.ID, form.Get("answer"), companions}
	if want.Answer == "" { // nothing else is offered
		if want.Answer = Room; !f.HasRoom() {
			want.Answer = Remote
		}
	}
	if want.Answer == Remote {
		want.Companions = 0
	}
	payload, err := json.Marshal(want)
	if err != nil {
		return err
	}
	again := func(err error) error {
		return s.comeForm(c, w, f, visitor.Form{Name: form.Get("name"), Email: form.Get("email"), Handle: form.Get("handle"), Errors: c.FieldErrors(err)}, want.Answer, want.Companions)
	}
	if want.Answer != Room && want.Answer != Remote {
		return again(apperr.Invalid("event.bad_choice").Field("answer", "event.bad_choice"))
	}
	if err := f.takes(&Seat{Answer: want.Answer, Companions: want.Companions}); err != nil {
		return again(err)
	}
	what := visitor.Wish{Email: form.Get("email"), Name: form.Get("name"), Lang: c.Lang, Act: actSeat, Payload: string(payload), Back: path(w.ID) + "#viendrez-vous",
		What: c.T("event.mail.to_confirm", "Title", w.Title, "When", whenWords(c.Loc, &f.Meeting, nowTime()))}
	if form.Get("by") == "account" {
		if err := s.Visitors.GoThere(c, form.Get("handle"), what, web.Link{Name: w.Title, URL: path(w.ID)}); len(c.FieldErrors(err)) > 0 {
			return again(err)
		} else {
			return err
		}
	}
	email, err := s.Visitors.Ask(c.Context(), c.Addr(), what)
	if len(c.FieldErrors(err)) > 0 {
		return again(err)
	} else if err != nil {
		return err
	}
	return s.Visitors.ShowSent(c, email, web.Link{Name: w.Title, URL: path(w.ID)})
}

// postAnswerOutside takes what a visitor answers who has confirmed who they are.
func (s *Service) postAnswerOutside(c *httpx.Ctx) error {
	v, err := s.Visitors.Current(c)
	if err != nil {
		return err
	}
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	if v == nil {
		return c.Redirect(path(id) + "/venir")
	}
	w, f, err := s.here(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	companions := bringing(form)
	if err := s.mayAnswer(c.Context(), w.ID, of1(v), form.Get("answer")); err != nil {
		return err
	}
	_, err = s.AnswerOutside(c.Context(), v, w.ID, Reply{Answer: form.Get("answer"), Companions: companions})
	if apperr.Is(err, apperr.KindInvalid) {
		return s.showMeeting(c, http.StatusUnprocessableEntity, w, f, c.ErrorText(err))
	}
	if err != nil {
		return err
	}
	return c.Redirect(path(w.ID) + "#viendrez-vous")
}

// guest is the visitor who looks at an open meeting, with what they answered.
func (s *Service) guest(c *httpx.Ctx, w *post.View, f *found) (*visitor.Visitor, error) {
	if c.Viewer != nil || !open(w.Post) {
		return nil, nil
	}
	v, err := s.Visitors.Current(c)
	if err != nil || v == nil {
		return nil, err
	}
	f.Mine, err = seatOf(c.Context(), s.DB.Read(), w.ID, of1(v))
	return v, err
}
