package event

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// Bounds.
const (
	maxQuestion  = 500 // characters
	maxQuestions = 10  // of one person to one meeting
)

// question is one that somebody asks.
type question struct {
	ID         int64
	AccountID  int64
	VisitorID  int64
	Body       string
	AnsweredAt int64
	CreatedAt  int64
	Mine       bool // the reader would ask it too
}

func (q question) who() who { return who{q.AccountID, q.VisitorID} }

// asks reports whether questions may still be asked.
func (m *Meeting) asks(now time.Time) bool { return !m.End().Add(24 * time.Hour).Before(now) }

// questions are those of a meeting: the open ones first, those that most people
// have before others. How many have each is shown to nobody.
func questions(ctx context.Context, q db.Q, postID int64, reader who) ([]question, error) {
	return db.All[question](ctx, q, `select x.id, x.account_id, x.visitor_id, x.body, x.answered_at, x.created_at,
		exists (select 1 from meeting_question_too t where t.question_id = x.id and t.account_id = $2 and t.visitor_id = $3) as mine
		from meeting_question x where x.post_id = $1
		order by case when x.answered_at = 0 then 0 else 1 end, (select count(*) from meeting_question_too t where t.question_id = x.id) desc, x.id`,
		postID, reader.account, reader.visitor)
}

// ask stores a question. KindInvalid with the field "body"; "event.many_questions".
func (s *Service) ask(ctx context.Context, postID int64, w who, body string) error {
	body = text.Clean(body, maxQuestion+1)
	switch {
	case body == "":
		return apperr.Invalid("event.no_question").Field("body", "event.no_question")
	case len([]rune(body)) > maxQuestion:
		return apperr.Invalid("event.long_question", maxQuestion).Field("body", "event.long_question", maxQuestion)
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		asked, err := db.All[string](ctx, tx, `select body from meeting_question where post_id = $1 and account_id = $2 and visitor_id = $3`, postID, w.account, w.visitor)
		if err != nil {
			return err
		}
		if slices.Contains(asked, body) {
			return nil // the form was sent twice
		}
		if len(asked) >= maxQuestions {
			return apperr.Invalid("event.many_questions").Field("body", "event.many_questions")
		}
		_, err = tx.Exec(ctx, `insert into meeting_question (id, post_id, account_id, visitor_id, body, created_at) values ($1, $2, $3, $4, $5, $6)`,
			s.IDs.New(), postID, w.account, w.visitor, body, now())
		if err != nil {
			return err
		}
		if err := s.tellOrganisers(ctx, tx, postID, noticeQuestion, w); err != nil {
			return err
		}
		return s.tellLive(tx, postID, toldTalk)
	})
}

// onQuestion does what somebody wants with a question: "too" and "untoo" for
// anybody inside, "answered", "open" for the organiser, "remove" for the organiser
// and whoever asked.
func (s *Service) onQuestion(ctx context.Context, in *inside, id int64, act string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		x, err := db.Get[question](ctx, tx, `select x.id, x.account_id, x.visitor_id, x.body, x.answered_at, x.created_at, false as mine from meeting_question x where x.id = $1 and x.post_id = $2`, id, in.w.ID)
		if apperr.Is(err, apperr.KindNotFound) {
			return unknown()
		} else if err != nil {
			return err
		}
		mine := x.who() == in.who
		switch {
		case act == "too" && !mine:
			_, err = tx.Exec(ctx, `insert into meeting_question_too (question_id, account_id, visitor_id) values ($1, $2, $3) on conflict do nothing`, id, in.who.account, in.who.visitor)
		case act == "untoo":
			_, err = tx.Exec(ctx, `delete from meeting_question_too where question_id = $1 and account_id = $2 and visitor_id = $3`, id, in.who.account, in.who.visitor)
		case act == "answered" && in.organiser:
			_, err = tx.Exec(ctx, `update meeting_question set answered_at = $2 where id = $1`, id, now())
		case act == "open" && in.organiser:
			_, err = tx.Exec(ctx, `update meeting_question set answered_at = 0 where id = $1`, id)
		case act == "remove" && (in.organiser || mine):
			if _, err = tx.Exec(ctx, `delete from meeting_question where id = $1`, id); err == nil && !mine {
				err = s.tellOne(ctx, tx, in.w.ID, newsRemoved, x.who())
			}
		default:
			return unknown()
		}
		if err != nil {
			return err
		}
		return s.tellLive(tx, in.w.ID, toldTalk)
	})
}

// questionsView is the page of questions.
type questionsView struct {
	Title, Back, Action string
	Summary             web.ErrorSummary
	Field               *web.Field // nil on the screen of the room
	Rows                []questionRow
	Screen              string // the page for the screen of the room
	Live                bool   // this is that page: it is read anew by itself
}

type questionRow struct {
	ID, Body, Name string
	Answered       bool
	Acts           []web.Act
}

func (s *Service) getQuestions(c *httpx.Ctx) error {
	in, err := s.inside(c)
	if err != nil {
		return err
	}
	return s.showQuestions(c, http.StatusOK, in, "", nil)
}

func (s *Service) showQuestions(c *httpx.Ctx, status int, in *inside, typed string, problem error) (err error) {
	at := path(in.w.ID) + "/questions"
	errs := c.FieldErrors(problem)
	v := questionsView{Title: in.w.Title, Back: path(in.w.ID), Action: at, Summary: web.ErrorSummary{Errors: errs}, Live: c.Query("ecran") != ""}
	if !v.Live {
		v.Screen = at + "?ecran=1"
		v.Field = &web.Field{Name: "body", Label: c.T("event.your_question"), Hint: c.T("event.question_hint"), Type: "textarea", Rows: 3, Value: typed, MaxLength: maxQuestion, Required: true, Spellcheck: true}
		if len(errs) > 0 {
			v.Field.Error = errs[0].Text
		}
	}
	if v.Rows, err = s.questionRows(c, in, !v.Live); err != nil {
		return err
	}
	p := &web.Page{Name: "event/questions", Title: c.T("event.questions"), NoIndex: true, Data: v}
	if in.guest {
		p.CSRF = c.CSRF()
	}
	c.Private()
	return c.PageStatus(status, p)
}

// questionRows are the questions of a meeting for somebody inside; acts are left
// out where nobody can press them.
func (s *Service) questionRows(c *httpx.Ctx, in *inside, acts bool) ([]questionRow, error) {
	all, err := questions(c.Context(), s.DB.Read(), in.w.ID, in.who)
	if err != nil {
		return nil, err
	}
	var people []who
	for _, x := range all {
		people = append(people, x.who())
	}
	names, err := s.names(c.Context(), s.DB.Read(), people)
	if err != nil {
		return nil, err
	}
	var out []questionRow
	for _, x := range all {
		row := questionRow{ID: ids.String(x.ID), Body: x.Body, Name: names[x.who()], Answered: x.AnsweredAt != 0}
		act := func(name, label, style string) {
			if acts {
				row.Acts = append(row.Acts, web.Act{Label: c.T(label), URL: path(in.w.ID) + "/questions/" + row.ID, Style: style, Fields: []web.HiddenField{{Name: "act", Value: name}}})
			}
		}
		mine := x.who() == in.who
		switch {
		case row.Answered || mine:
		case x.Mine:
			act("untoo", "event.me_too", "pressed")
		default:
			act("too", "event.me_too", "")
		}
		if in.organiser && row.Answered {
			act("open", "event.question_open", "")
		} else if in.organiser {
			act("answered", "event.question_answered", "")
		}
		if in.organiser || mine {
			act("remove", "event.question_remove", "danger")
		}
		out = append(out, row)
	}
	return out, nil
}

func (s *Service) postQuestion(c *httpx.Ctx) error {
	in, err := s.inside(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if !in.f.asks(nowTime()) {
		return apperr.Invalid("event.over")
	}
	if err := s.ask(c.Context(), in.w.ID, in.who, form.Get("body")); apperr.Is(err, apperr.KindInvalid) {
		if form.Get("live") != "" {
			return s.showLive(c, http.StatusUnprocessableEntity, in.w, in.f, typed{question: form.Get("body"), problem: err})
		}
		return s.showQuestions(c, http.StatusUnprocessableEntity, in, form.Get("body"), err)
	} else if err != nil {
		return err
	}
	return c.Redirect(httpx.LocalPath(form.Get("back"), path(in.w.ID)+"/questions"))
}

func (s *Service) postOnQuestion(c *httpx.Ctx) error {
	in, err := s.inside(c)
	if err != nil {
		return err
	}
	id, err := c.ID("question")
	if err != nil {
		return unknown()
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.onQuestion(c.Context(), in, id, form.Get("act")); err != nil {
		return err
	}
	return c.Redirect(httpx.LocalPath(form.Get("back"), path(in.w.ID)+"/questions"))
}
