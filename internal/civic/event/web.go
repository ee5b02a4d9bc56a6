package event

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/organe"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/visitor"
	"github.com/maillage/maillage/web"
)

// Path is the page of the agenda.
const Path = "/agenda"

// Web declares the pages and forms of the agenda.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path, httpx.Public, s.getAgenda, httpx.Keep())
	r.Get(Path+"/texte", httpx.Public, s.getText)
	r.Get(outlinesPath, httpx.Public, getOutlines)
	r.Post(Path+"/sources", httpx.SignedIn, s.postSources)
	r.Get(Path+"/agenda.ics", httpx.Public, s.getPublicCalendar)
	r.Get(Path+"/agenda.atom", httpx.Public, s.getAtom)
	r.Get(Path+"/agenda.rss", httpx.Public, s.getRSS)
	r.Get(Path+"/abonnement", httpx.SignedIn, s.getFeed)
	r.Post(Path+"/abonnement", httpx.SignedIn, s.postFeed)
	r.Get(Path+"/prive/{token}", httpx.Public, s.getPrivateCalendar)
	r.Get(Path+"/importer", httpx.SignedIn, s.getImport)
	r.Post(Path+"/importer", httpx.SignedIn, s.postImport, httpx.MaxBody(2<<20))
	r.Get(Path+"/nouvelle", httpx.SignedIn, s.getNew)
	r.Post(Path+"/nouvelle", httpx.SignedIn, s.postNew, httpx.MaxBody(media.MaxPicture+1<<20), httpx.Timeout(time.Minute))
	r.Get(Path+"/{id}", httpx.Public, s.getMeeting, httpx.Keep())
	r.Get(Path+"/{id}/date.ics", httpx.Public, s.getOneCalendar)
	r.Get(Path+"/{id}/affichette", httpx.Public, s.getPoster)
	r.Post(Path+"/{id}/reponse", httpx.Public, s.postAnswer)
	r.Get(Path+"/{id}/venir", httpx.Public, s.getCome)
	r.Post(Path+"/{id}/venir", httpx.Public, s.postCome)
	s.doorRoutes(r)
	r.Get(Path+"/{id}/questions", httpx.Public, s.getQuestions)
	r.Post(Path+"/{id}/questions", httpx.Public, s.postQuestion)
	r.Post(Path+"/{id}/questions/{question}", httpx.Public, s.postOnQuestion)
	s.liveRoutes(r)
	r.Get(Path+"/{id}/covoiturage", httpx.Public, s.getRides)
	r.Post(Path+"/{id}/covoiturage", httpx.Public, s.postRide)
	r.Post(Path+"/{id}/covoiturage/{ride}", httpx.Public, s.postOnRide)
	r.Get(Path+"/courrier", httpx.SignedIn, s.getLetters)
	r.Post(Path+"/courrier", httpx.SignedIn, s.postLetters)
	r.Get(Path+"/{id}/modifier", httpx.SignedIn, s.getEdit)
	r.Post(Path+"/{id}/modifier", httpx.SignedIn, s.postEdit, httpx.MaxBody(media.MaxPicture+1<<20), httpx.Timeout(time.Minute))
	r.Get(Path+"/{id}/etat", httpx.SignedIn, s.getStatus)
	r.Post(Path+"/{id}/etat", httpx.SignedIn, s.postStatus)
	r.Get(Path+"/{id}/documents", httpx.SignedIn, s.getPapers)
	r.Post(Path+"/{id}/documents", httpx.SignedIn, s.postPapers, httpx.MaxBody(MaxPaperSize+1<<20))
	r.Get(Path+"/{id}/documents/{paper:[0-9]+}", httpx.Public, s.getPaper)
	r.Get(Path+"/{id}/inviter", httpx.SignedIn, s.getInvite)
	r.Post(Path+"/{id}/inviter", httpx.SignedIn, s.postInvite, httpx.Timeout(30*time.Second))
	r.Get(Path+"/{id}/inscrits", httpx.SignedIn, s.getSeats)
	r.Post(Path+"/{id}/inscrits", httpx.SignedIn, s.postPresent)
}

// here finds the meeting of the path, as far as the viewer may read it.
func (s *Service) here(c *httpx.Ctx) (*post.View, *found, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, nil, unknown()
	}
	p, err := s.Posts.Get(c.Context(), c.Viewer, id)
	if err != nil {
		if apperr.Is(err, apperr.KindNotFound) {
			err = unknown()
		}
		return nil, nil, err
	}
	w, err := s.Posts.View(c.Context(), c.Viewer, p)
	if err != nil {
		return nil, nil, err
	}
	f := of(w)
	if f == nil || len(post.Showable(c, []*post.View{w})) == 0 {
		return nil, nil, unknown()
	}
	return w, f, nil
}

// sent is the meeting of the path, and the form that is about it.
func sent(c *httpx.Ctx) (id int64, form url.Values, err error) {
	if id, err = c.ID("id"); err != nil {
		return 0, nil, unknown()
	}
	form, err = c.Form()
	return id, form, err
}

// blockOf is the date in the margin.
func blockOf(c *httpx.Ctx, m *Meeting) web.DateBlock {
	weekday, day, month := c.Loc.Block(m.Start())
	return web.DateBlock{Weekday: weekday, Day: day, Month: month, Past: m.Over(time.Now())}
}

// meetingView is the page of a meeting.
type meetingView struct {
	Block                   web.DateBlock
	Kicker, Of              string
	Title, Month, MonthURL  string
	When, ISO               string
	Repeats                 string     // « tous les mardis »
	Dates                   []dateLink // the other dates of its series, to come
	Status, StatusNote      string
	Cancelled               bool
	Place, Address          string
	Withheld                bool // a street is told later
	MapURL                  string
	Where                   *spotView
	Remote, RemoteURL       string
	Website                 *web.Link
	Audience, AudienceIcon  string
	Bring                   string
	Contact                 *web.Link
	By                      string // who called it in the name of a body, to those who may
	Picture                 *web.Media
	Folded                  bool // not everybody may want to see it
	HTML                    template.HTML
	Lang                    string
	Items                   []Item
	Minutes                 string
	Papers                  []paperView
	PapersURL               string
	ReplayURL               string
	Panel                   *panel
	ICS, Text, Talk         string
	Poster                  string // to print, while there is something to come to
	EditURL, StatusURL, Who string
	InviteURL               string
	OriginalURL             string
	Replies                 int
	Door, Here, Rides, Asks string        // pages for those who come
	Ticket                  template.HTML // their code
	Live, Video             string        // where it is followed; where the organiser says how
}

// panel is where one says whether one comes.
type panel struct {
	Action       string
	SignIn       string // for strangers, who cannot answer yet
	Come         string // where they say who they are
	Guest        string // how a visitor is known
	Letters      string // whether the viewer wants letters, "yes" or "no"; "" where none are sent
	Room, Remote bool   // what is offered
	Maybe        bool   // also, to who is invited
	Answer       string // what the viewer answered
	Note         *web.Note
	Seats        []bool // drawn one by one, taken or free; none beyond 60
	Taken, Bound int64
	Percent      int64
	Sentence     string
	WaitSentence string
	Companions   []int
	Bring        int
	Error        string
	ExternalURL  string
	Outside      bool
	NoJoin       bool     // it takes no answers
	NoMail       []string // to the organiser, where no letters are sent
}

const drawn = 60

func (s *Service) getMeeting(c *httpx.Ctx) error {
	w, f, err := s.here(c)
	if err != nil {
		return err
	}
	return s.showMeeting(c, http.StatusOK, w, f, "")
}

func (s *Service) showMeeting(c *httpx.Ctx, status int, w *post.View, f *found, problem string) (err error) {
	now := time.Now()
	guest, err := s.guest(c, w, f)
	if err != nil {
		return err
	}
	v := meetingView{
		Block: blockOf(c, &f.Meeting), Kicker: c.T("event.kind." + f.Kind), Title: w.Title, When: whenWords(c.Loc, &f.Meeting, now), ISO: f.Start().Format(time.RFC3339),
		Month: monthWords(c, f.Start()), MonthURL: Path + "?vue=mois&date=" + f.Start().Format("2006-01"),
		Place: f.Place, Items: f.Items, HTML: template.HTML(w.Content), Lang: w.Lang,
		AudienceIcon: string(w.Audience), Minutes: f.Minutes, StatusNote: f.StatusNote, Cancelled: f.Status == Cancelled,
		ICS: path(w.ID) + "/date.ics", Text: Path + "/texte?id=" + ids.String(w.ID), Talk: w.Path(), Replies: int(w.RepliesCount),
	}
	if s.bare(w, f) {
		v.HTML = ""
	}
	v.Audience = c.T("audience." + string(w.Audience))
	card := post.Card(c, w)
	if v.Of = ofWords(c, w, &card); !w.Local {
		v.OriginalURL = card.OriginalURL
	}
	if i := slices.IndexFunc(card.Media, func(m web.Media) bool { return m.Kind == media.Image }); i >= 0 {
		v.Picture, v.Folded = &card.Media[i], w.Sensitive
	}
	if f.Status != Confirmed {
		v.Status = c.T("event.status_long." + f.Status)
	}
	if !f.Over(now) {
		v.Poster = path(w.ID) + "/affichette"
	}
	if f.Companions > 0 && f.HasRoom() {
		v.Bring = c.Loc.N("event.may_bring", int(f.Companions))
	}
	if u, err := url.Parse(f.Website); err == nil && u.Host != "" {
		v.Website = &web.Link{Name: strings.TrimPrefix(u.Host, "www."), URL: f.Website}
	}
	if w.Author.VisibleTo(c.Viewer) {
		v.Contact = &web.Link{Name: w.Author.Name(), URL: w.Author.Path()}
	}
	runs := organises(w)
	if by, _ := organe.Acts(w); by != nil {
		v.By = c.T("event.called_by", "Name", by.Name())
	}
	if f.Online {
		v.Remote = c.T("event.remote_later")
		if f.tellsRemote(w) {
			v.Remote, v.RemoteURL = "", f.RemoteUrl
		} else if f.RemoteUrl == "" {
			v.Remote = c.T("event.field.online_hint")
		}
	}
	if runs {
		v.EditURL, v.StatusURL, v.Who = path(w.ID)+"/modifier", path(w.ID)+"/etat", path(w.ID)+"/inscrits"
		v.PapersURL = path(w.ID) + "/documents"
		if f.takes(&Seat{Answer: Maybe}) == nil {
			v.InviteURL = path(w.ID) + "/inviter"
		}
	}
	if w.Local {
		if v.Repeats, v.Dates, err = s.dateLinks(c, w.ID, now); err != nil {
			return err
		}
	}
	where, err := spots(c.Context(), s.DB.Read(), []int64{w.ID})
	if err != nil {
		return err
	}
	if p, ok := where[w.ID]; ok {
		v.Where = viewOf(c, p, joined(", ", f.Place, f.City))
	}
	town, street := joined(" ", f.Postcode, f.City), f.Address
	if !f.tellsAddress(w) {
		street, v.Withheld = "", f.Address != ""
	}
	if v.Address = joined(", ", strings.TrimRight(street, ". "), town); v.Address != "" {
		v.MapURL = "https://www.openstreetmap.org/search?query=" + url.QueryEscape(joined(", ", street, town))
	}
	if w.Local {
		if v.Papers, err = s.paperViews(c, f, runs); err != nil {
			return err
		}
	}
	if w.Local && (runs || f.Mine.registered()) {
		v.Asks = path(w.ID) + "/questions"
		if f.HasRoom() && f.Status != Cancelled && !f.Over(now) {
			v.Rides = path(w.ID) + "/covoiturage"
		}
	}
	if w.Local {
		if err := s.putLive(c, &v, w, f, &card); err != nil {
			return err
		}
	}
	if w.Local && f.opens(now) {
		if v.Here = path(w.ID) + "/present"; runs {
			v.Door = path(w.ID) + "/accueil"
		}
	}
	if w.Local && f.Mine.registered() && f.Mine.Answer == Room && !f.Over(now) && f.Status != Cancelled {
		if v.Ticket, err = drawQR(s.Accounts.Base+path(w.ID)+"/inscrits/"+ids.String(f.Mine.ID), c.T("event.ticket")); err != nil {
			return err
		}
	}
	if v.Panel, err = s.panelOf(c, w, f, guest, problem); err != nil {
		return err
	}
	p := &web.Page{Name: "event/meeting", Wide: true, Title: w.Title, Data: v, NoIndex: w.Audience != post.Public || !w.Local}
	if guest != nil {
		p.CSRF = c.CSRF()
	}
	if w.Audience == post.Public && w.Local {
		p.Description, p.Canonical = summaryOf(c.Loc, &f.Meeting), s.Accounts.Base+path(w.ID)
		if m := v.Picture; m != nil && !strings.Contains(m.URL, "?") { // else only who was shown the address may look
			p.Picture, p.PictureAlt = s.Accounts.Base+m.URL, m.Alt
		}
		p.Alternates = []web.Alternate{{Type: "application/activity+json", URL: w.URI}, {Type: "text/calendar", URL: v.ICS}}
	}
	return c.PageStatus(status, p)
}

// panelOf says how many come, and takes the viewer's answer; nil when nothing is left to answer.
func (s *Service) panelOf(c *httpx.Ctx, w *post.View, f *found, guest *visitor.Visitor, problem string) (*panel, error) {
	if f.Over(time.Now()) || f.Status == Cancelled || w.Left {
		return nil, nil
	}
	p := &panel{Action: path(w.ID) + "/reponse", Room: f.HasRoom(), Remote: offersRemote(w, f), Error: problem, Outside: !w.Local}
	p.NoJoin = f.NoJoin && !f.Mine.coming()
	switch {
	case guest != nil:
		p.Guest = guest.Who()
	case c.Viewer == nil:
		p.Action, p.SignIn = "", "/connexion?back="+path(w.ID)
		if open(w.Post) && s.Visitors.Open() {
			p.Come = path(w.ID) + "/venir"
		}
	case s.Mail.Ready() && w.Local:
		want, err := s.wantsLetters(c.Context(), s.DB.Read(), c.Viewer.AccountID)
		if err != nil {
			return nil, err
		}
		p.Letters = yes(want)
	}
	if f.Mine != nil && f.Mine.State != Refused {
		p.Answer, p.Bring = f.Mine.Answer, int(f.Mine.Companions)
	}
	for n := range int(f.Companions) + 1 {
		if f.Companions > 0 {
			p.Companions = append(p.Companions, n)
		}
	}
	if w.Local {
		p.Sentence, p.Taken, p.Bound = countWords(c, f), f.Count.Room, f.Capacity
		if f.Capacity > 0 {
			p.WaitSentence = c.T("event.waits", "Of", f.Capacity)
			p.Percent = min(100, f.Count.Room*100/f.Capacity)
			if f.Capacity <= drawn {
				for i := range f.Capacity {
					p.Seats = append(p.Seats, i < f.Count.Room)
				}
			}
		}
	} else if f.RegisterUrl != "" {
		p.ExternalURL = f.RegisterUrl
	}
	if organises(w) && open(w.Post) && !s.Mail.Ready() {
		p.NoMail = append(p.NoMail, c.T("event.no_mail"))
		if c.Viewer.IsAdmin() {
			p.NoMail = append(p.NoMail, c.T("event.no_mail_admin"))
		}
	}
	if p.Note = s.standing(c, f); p.Note == nil {
		var err error
		if p.Note, err = s.invitedBy(c, w.ID); err != nil {
			return nil, err
		}
		p.Maybe = p.Note != nil
	}
	p.Maybe = p.Maybe || p.Answer == Maybe
	return p, nil
}

// standing says what became of the viewer's answer.
func (s *Service) standing(c *httpx.Ctx, f *found) *web.Note {
	if f.Mine == nil {
		return nil
	}
	switch f.Mine.State {
	case Waiting:
		rank, err := s.rank(c.Context(), f.Mine)
		if err != nil {
			return nil
		}
		return &web.Note{Kind: "info", Title: c.T("event.full"), Text: c.Loc.N("event.rank", rank)}
	case Asked:
		return &web.Note{Kind: "info", Title: c.T("event.asked"), Text: c.T("event.asked_text")}
	case Refused:
		if f.NoJoin {
			return nil // the page says how one registers
		}
		return &web.Note{Kind: "danger", Title: c.T("event.refused"), Text: c.T("event.refused_text")}
	}
	switch f.Mine.Answer {
	case Room:
		return &web.Note{Kind: "success", Title: c.T("event.kept"), Text: c.T("event.kept_text")}
	case Remote:
		return &web.Note{Kind: "success", Title: c.T("event.kept_remote"), Text: c.T("event.kept_text")}
	}
	return nil
}

// bringing is how many people somebody says they bring; -1, which no meeting takes, for
// what is no number.
func bringing(form url.Values) int64 {
	typed := strings.TrimSpace(form.Get("companions"))
	if typed == "" {
		return 0
	}
	n, err := strconv.ParseInt(typed, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (s *Service) postAnswer(c *httpx.Ctx) error {
	if c.Viewer == nil {
		return s.postAnswerOutside(c)
	}
	w, f, err := s.here(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Accounts.Agreed(c); err != nil {
		return err
	}
	if form.Get("letters_here") != "" {
		if err := s.DB.Write(c.Context(), func(ctx context.Context, tx *db.Tx) error {
			return setLetters(ctx, tx, c.Viewer.AccountID, form.Get("letters") != "")
		}); err != nil {
			return err
		}
	}
	_, err = s.Answer(c.Context(), c.Viewer, w.ID, Reply{Answer: form.Get("answer"), Companions: bringing(form)})
	if kind, ok := account.ConsentAsked(err); ok {
		return s.Accounts.Ask(c, account.Ask{Kind: kind, Action: path(w.ID) + "/reponse", Yes: c.T("event.agree_and_join"), Back: path(w.ID),
			Fields: []web.HiddenField{{Name: "answer", Value: form.Get("answer")}, {Name: "companions", Value: form.Get("companions")}}})
	}
	if apperr.Is(err, apperr.KindInvalid) {
		return s.showMeeting(c, http.StatusUnprocessableEntity, w, f, c.ErrorText(err))
	}
	if err != nil {
		return err
	}
	return c.Redirect(httpx.LocalPath(form.Get("back"), path(w.ID)+"#viendrez-vous"))
}

// statusView asks before a meeting is cancelled or postponed.
type statusView struct {
	Summary             web.ErrorSummary
	Title, Action, Back string
	Choices             []web.Choice
	Note                web.Field
	Following           bool // there are dates after it, which it may concern
	All                 bool // and does
}

func (s *Service) getStatus(c *httpx.Ctx) error { return s.showStatus(c, http.StatusOK, nil, nil) }

// showStatus shows what was typed, nil for what is stored.
func (s *Service) showStatus(c *httpx.Ctx, status int, typed url.Values, errs []web.FieldError) error {
	w, f, err := s.here(c)
	if err != nil || !organises(w) {
		return unknown()
	}
	v := statusView{Summary: web.ErrorSummary{Errors: errs}, Title: w.Title, Action: path(w.ID) + "/etat", Back: path(w.ID),
		Note: web.Field{Name: "note", Label: c.T("event.field.note"), Hint: c.T("event.field.note_hint"), Value: f.StatusNote, Optional: true, MaxLength: maxLine}}
	now := f.Status
	if typed != nil {
		now, v.Note.Value, v.All = typed.Get("status"), typed.Get("note"), typed.Get("scope") == scopeFollowing
	}
	for _, e := range errs {
		v.Note.Error = e.Text
	}
	r, _, err := s.following(c.Context(), w.ID)
	if err != nil {
		return err
	}
	v.Following = r != nil
	for _, st := range []string{Confirmed, Postponed, Cancelled} {
		v.Choices = append(v.Choices, web.Choice{Value: st, Label: c.T("event.set." + st), Hint: c.T("event.set." + st + ".hint"), Checked: st == now})
	}
	return c.PageStatus(status, &web.Page{Name: "event/status", Title: c.T("event.change_status"), NoIndex: true, Data: v})
}

func (s *Service) postStatus(c *httpx.Ctx) error {
	id, form, err := sent(c)
	if err != nil {
		return err
	}
	if form.Get("scope") == scopeFollowing && form.Get("status") == Cancelled {
		err = s.CancelFollowing(c.Context(), c.Viewer, id, form.Get("note"))
	} else {
		err = s.SetStatus(c.Context(), c.Viewer, id, form.Get("status"), form.Get("note"))
	}
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showStatus(c, http.StatusUnprocessableEntity, form, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "event.told")
	return c.Redirect(path(id))
}
