package event

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

func (s *Service) liveRoutes(r *httpx.Router) {
	r.Get(Path+"/{id}/direct", httpx.Public, s.getLive)
	r.Get(Path+"/{id}/direct/flux", httpx.Public, s.getLiveStream, httpx.Timeout(-1))
	r.Post(Path+"/{id}/direct", httpx.SignedIn, s.postStage)
	r.Post(Path+"/{id}/direct/messages", httpx.Public, s.postMessage)
	r.Post(Path+"/{id}/direct/retirer/{message}", httpx.Public, s.postOnMessage)
	r.Get(Path+"/{id}/direct/video", httpx.SignedIn, s.getVideo)
	r.Post(Path+"/{id}/direct/video", httpx.SignedIn, s.postVideo, httpx.MaxBody(media.MaxFilm+1<<20), httpx.Timeout(3*time.Minute))
}

// The states of the page.
const (
	stateSoon = "soon"
	stateNow  = "now"
	stateOver = "over"
)

// stateOf is where a meeting stands: an organiser who moves on or ends it says so, else the clock does.
func stateOf(m *Meeting, l live, items []Item, now time.Time) string {
	switch {
	case l.EndedAt != 0 || !now.Before(m.End().Add(doorAfter)):
		return stateOver
	case inProgress(items) >= 0 || !now.Before(m.Start()):
		return stateNow
	}
	return stateSoon
}

// liveView is the page on which a meeting is followed, and seen again.
type liveView struct {
	Title, Here, State   string
	Back                 string
	Summary              web.ErrorSummary
	Sentence, Next       string
	Player               *player
	Remote               string // the link to take part from afar, for who may have it
	Items                []liveItem
	Chapters             []chapterView
	Acts, Others         []web.Act // of the organiser
	Video                string    // where they say where it is watched
	Inside, Open         bool      // the viewer reads what those who come say; they may write
	Join                 string
	Questions            []questionRow
	Ask                  *web.Field
	AskAction, SayAction string
	Messages             []messageRow
	Say                  *web.Field
	Stream               string // where news is told
}

type liveItem struct {
	Item
	State string // done, now
	Began string
}

type chapterView struct {
	Title, At, URL string
	Seconds        int
}

type messageRow struct {
	ID, Name, Body, At string
	Acts               []web.Act
}

// typed is what somebody wrote that was not taken.
type typed struct {
	question, message string
	problem           error
}

func livePath(postID int64) string { return path(postID) + "/direct" }

func (s *Service) getLive(c *httpx.Ctx) error {
	w, f, err := s.here(c)
	if err != nil {
		return err
	}
	if !w.Local {
		return unknown()
	}
	return s.showLive(c, http.StatusOK, w, f, typed{})
}

func (s *Service) showLive(c *httpx.Ctx, status int, w *post.View, f *found, was typed) error {
	now := nowTime()
	l, err := liveOf(c.Context(), s.DB.Read(), w.ID)
	if err != nil {
		return err
	}
	in, err := s.insideOf(c, w, f)
	if err != nil {
		return err
	}
	errs := c.FieldErrors(was.problem)
	at := livePath(w.ID)
	v := liveView{Title: w.Title, Here: at, Back: path(w.ID), State: stateOf(&f.Meeting, l, f.Items, now), Summary: web.ErrorSummary{Errors: errs},
		Inside: in != nil, Open: in != nil && f.happens(now), AskAction: path(w.ID) + "/questions", SayAction: at + "/messages"}
	v.Sentence = s.stageWords(c, f, v.State)
	for i, x := range f.Items {
		row := liveItem{Item: x}
		if x.BeganAt != 0 {
			row.State, row.Began = "done", c.Loc.Clock(time.UnixMilli(x.BeganAt).In(f.Location()))
			if i == inProgress(f.Items) && v.State == stateNow {
				row.State = "now"
			}
		}
		v.Items = append(v.Items, row)
	}
	s.putPlayer(c, &v, w, f, l)
	if f.happens(now) {
		v.Stream = at + "/flux"
		if f.tellsRemote(w) && v.State != stateOver {
			v.Remote = f.RemoteUrl
		}
	}
	if organises(w) {
		v.Video = at + "/video"
		if f.happens(now) {
			s.putActs(c, &v, f, l)
		}
	}
	if in != nil {
		if err := s.putTalk(c, &v, in, was, errs); err != nil {
			return err
		}
	} else if f.takes(&Seat{Answer: Maybe}) == nil {
		v.Join = path(w.ID) + "#viendrez-vous"
	}
	title := c.T("event.live." + v.State + ".title")
	p := &web.Page{Name: "event/live", Path: at, Wide: true, Title: joined(" – ", title, w.Title), NoIndex: true, Data: v}
	if in != nil && in.guest {
		p.CSRF = c.CSRF()
	}
	c.Private()
	return c.PageStatus(status, p)
}

// putLive says on the page of a meeting where it is followed, or seen again.
func (s *Service) putLive(c *httpx.Ctx, v *meetingView, w *post.View, f *found, card *web.PostCard) error {
	l, err := liveOf(c.Context(), s.DB.Read(), w.ID)
	if err != nil {
		return err
	}
	switch over := stateOf(&f.Meeting, l, f.Items, nowTime()) == stateOver; {
	case !over && f.happens(nowTime()):
		v.Live = livePath(w.ID)
	case over && (f.ReplayUrl != "" || filmOf(card) != nil):
		v.ReplayURL = livePath(w.ID)
	}
	if organises(w) {
		v.Video = livePath(w.ID) + "/video"
	}
	return nil
}

// stageWords say in one sentence where the meeting stands.
func (s *Service) stageWords(c *httpx.Ctx, f *found, state string) string {
	at := inProgress(f.Items)
	switch {
	case f.Status != Confirmed:
		return c.T("event.status_long." + f.Status)
	case state == stateOver:
		return c.T("event.live.over")
	case state == stateSoon:
		return c.T("event.live.soon", "When", whenWords(c.Loc, &f.Meeting, nowTime()))
	case at >= 0:
		return c.T("event.live.in_progress", "Title", f.Items[at].Title)
	}
	return c.T("event.live.begun")
}

// putPlayer says where the meeting is watched, or seen again with its chapters.
func (s *Service) putPlayer(c *httpx.Ctx, v *liveView, w *post.View, f *found, l live) {
	if v.State != stateOver {
		v.Player = s.playerOf(l.WatchUrl)
		return
	}
	card := post.Card(c, w)
	if v.Player = filmOf(&card); v.Player == nil {
		v.Player = s.playerOf(f.ReplayUrl)
	}
	if v.Player == nil {
		return
	}
	if t, err := strconv.Atoi(c.Query("t")); err == nil && t > 0 && v.Player.Src != "" {
		v.Player.Src += "#t=" + strconv.Itoa(t)
	}
	for _, x := range chapters(f.Items, l.RecordingAt) {
		row := chapterView{Title: x.Title, At: clockOf(x.At), Seconds: int(x.At / time.Second)}
		if v.Player.Src != "" {
			row.URL = livePath(w.ID) + "?t=" + strconv.Itoa(row.Seconds) + "#lecteur"
		}
		v.Chapters = append(v.Chapters, row)
	}
}

// putActs are the buttons of the organiser: the next point first.
func (s *Service) putActs(c *httpx.Ctx, v *liveView, f *found, l live) {
	at := inProgress(f.Items)
	act := func(into *[]web.Act, act, label, style string, to int) {
		*into = append(*into, web.Act{Label: label, URL: livePath(f.PostID), Style: style,
			Fields: []web.HiddenField{{Name: "act", Value: act}, {Name: "from", Value: strconv.Itoa(at)}, {Name: "to", Value: strconv.Itoa(to)}}})
	}
	if v.State == stateOver {
		act(&v.Acts, stageAgain, c.T("event.live.again"), "", 0)
		return
	}
	next := nextItem(f.Items, at)
	if next < 0 {
		next = nextItem(f.Items, -1) // one that was passed over
	}
	switch {
	case next >= 0 && at < 0:
		act(&v.Acts, stageTo, c.T("event.live.start", "Title", f.Items[next].Title), "primary", next)
	case next >= 0:
		act(&v.Acts, stageTo, c.T("event.live.go_on", "Title", f.Items[next].Title), "primary", next)
	case v.State == stateNow:
		act(&v.Acts, stageEnd, c.T("event.live.end"), "primary", 0)
	}
	if at >= 0 {
		act(&v.Acts, stageBack, c.T("event.live.back"), "", 0)
	}
	if next >= 0 && v.State == stateNow {
		act(&v.Acts, stageEnd, c.T("event.live.end"), "", 0)
	}
	if l.RecordingAt == 0 {
		act(&v.Acts, stageRecord, c.T("event.live.record"), "", 0)
	} else {
		v.Next = c.T("event.live.recording", "At", c.Loc.Clock(time.UnixMilli(l.RecordingAt).In(f.Location())))
	}
	for i, x := range f.Items {
		if x.BeganAt == 0 && i != next {
			act(&v.Others, stageTo, x.Title, "", i)
		}
	}
}

// putTalk is what those who come ask and say.
func (s *Service) putTalk(c *httpx.Ctx, v *liveView, in *inside, was typed, errs []web.FieldError) (err error) {
	problem := func(name string) string {
		for _, e := range errs {
			if e.Name == name {
				return e.Text
			}
		}
		return ""
	}
	if v.Questions, err = s.questionRows(c, in, true); err != nil {
		return err
	}
	all, err := messages(c.Context(), s.DB.Read(), in.w.ID)
	if err != nil {
		return err
	}
	var people []who
	for _, x := range all {
		people = append(people, x.who())
	}
	names, err := s.names(c.Context(), s.DB.Read(), people)
	if err != nil {
		return err
	}
	for _, x := range all {
		row := messageRow{ID: ids.String(x.ID), Name: names[x.who()], Body: x.Body, At: c.Loc.Clock(time.UnixMilli(x.CreatedAt).In(in.f.Location()))}
		if in.organiser || x.who() == in.who {
			row.Acts = []web.Act{{Label: c.T("event.live.remove"), URL: livePath(in.w.ID) + "/retirer/" + row.ID, Icon: "trash-2"}}
		}
		v.Messages = append(v.Messages, row)
	}
	if in.f.asks(nowTime()) {
		v.Ask = &web.Field{Name: "body", Label: c.T("event.your_question"), Hint: c.T("event.question_hint"), Value: was.question, MaxLength: maxQuestion, Required: true, Spellcheck: true, Autocomplete: "off", Error: problem("body")}
	}
	if v.Open {
		v.Say = &web.Field{Name: "message", Label: c.T("event.live.message"), Value: was.message, MaxLength: maxMessage, Required: true, Spellcheck: true, Autocomplete: "off", Error: problem("message")}
	}
	return nil
}

// postStage does what the organiser presses.
func (s *Service) postStage(c *httpx.Ctx) error {
	id, form, err := sent(c)
	if err != nil {
		return err
	}
	from, err := strconv.Atoi(form.Get("from"))
	if err != nil {
		return apperr.BadRequest("httpx.bad_request")
	}
	to, err := strconv.Atoi(form.Get("to"))
	if err != nil {
		return apperr.BadRequest("httpx.bad_request")
	}
	if err := s.Stage(c.Context(), c.Viewer, id, form.Get("act"), from, to); err != nil {
		return err
	}
	return c.Redirect(livePath(id))
}

func (s *Service) postMessage(c *httpx.Ctx) error {
	in, err := s.inside(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.say(c.Context(), in, form.Get("message")); apperr.Is(err, apperr.KindInvalid) {
		return s.showLive(c, http.StatusUnprocessableEntity, in.w, in.f, typed{message: form.Get("message"), problem: err})
	} else if err != nil {
		return err
	}
	return c.Redirect(livePath(in.w.ID) + "#discussion")
}

func (s *Service) postOnMessage(c *httpx.Ctx) error {
	in, err := s.inside(c)
	if err != nil {
		return err
	}
	id, err := c.ID("message")
	if err != nil {
		return unknown()
	}
	if err := s.unsay(c.Context(), in, id); err != nil {
		return err
	}
	return c.Redirect(livePath(in.w.ID) + "#discussion")
}

// videoView is where the organiser says where a meeting is watched, and when what began.
type videoView struct {
	Title, Back, Action string
	Summary             web.ErrorSummary
	Fields              []web.Field
	Media               *web.ComposerMedia // the film or sound of the meeting itself; nil where none can be taken
	MediaError          web.Field          // what is wrong with it
	Recording           timeField
	Items               []timeField
}

type timeField struct {
	Name, Label, Value, Error string
	Title                     string // of the point as the page knew it
}

const seconds = "15:04:05"

func (s *Service) getVideo(c *httpx.Ctx) error { return s.showVideo(c, http.StatusOK, nil, nil) }

// films is what posts know of the films and sounds in them.
func (s *Service) films() post.Part {
	i := slices.IndexFunc(s.Posts.Parts, func(p post.Part) bool { return p.Name == media.PartName })
	return s.Posts.Parts[i]
}

// asAuthor is the request as the author of a meeting makes it, a person or a body:
// the files in a meeting are its author's.
func (s *Service) asAuthor(c *httpx.Ctx, p *post.Post) (*httpx.Ctx, error) {
	v, err := s.author(c.Context(), c.Viewer, p)
	if err != nil {
		return nil, err
	}
	as := *c
	as.Viewer = v
	return &as, nil
}

func (s *Service) showVideo(c *httpx.Ctx, status int, was url.Values, errs []web.FieldError) error {
	w, _, err := s.here(c)
	if err != nil {
		return err
	}
	id := w.ID
	p, m, items, err := s.mine(c.Context(), c.Viewer, id)
	if err != nil {
		return err
	}
	as, err := s.asAuthor(c, p)
	if err != nil {
		return err
	}
	var composer web.Composer
	if err := s.films().Compose(as, was, w, &composer); err != nil {
		return err
	}
	composer.Media.Items = slices.DeleteFunc(composer.Media.Items, func(x web.ComposerMedium) bool {
		return slices.ContainsFunc(stills(w), func(m *media.Media) bool { return ids.String(m.ID) == x.ID })
	})
	if f := composer.Media; len(f.Slots) > 0 { // a meeting has one film
		f.Slots = f.Slots[:max(0, 1-len(f.Items))]
		f.Accept = strings.Join(filmTypes(s.Media), ",")
	}
	if composer.Media.Accept == "" && len(composer.Media.Items) == 0 {
		composer.Media = nil
	}
	l, err := liveOf(c.Context(), s.DB.Read(), id)
	if err != nil {
		return err
	}
	problem := func(name string) string {
		if i := slices.IndexFunc(errs, func(e web.FieldError) bool { return e.Name == name }); i >= 0 {
			return errs[i].Text
		}
		return ""
	}
	value := func(name, stored string) string {
		if was != nil {
			return was.Get(name)
		}
		return stored
	}
	clock := func(at int64) string {
		if at == 0 {
			return ""
		}
		return time.UnixMilli(at).In(m.Location()).Format(seconds)
	}
	v := videoView{Title: p.Title, Back: livePath(id), Action: livePath(id) + "/video", Summary: web.ErrorSummary{Errors: errs}, Media: composer.Media, MediaError: web.Field{Name: "media_ids", Error: problem("media_ids")}}
	for _, x := range []struct{ name, stored string }{{"watch_url", l.WatchUrl}, {"replay_url", m.ReplayUrl}} {
		v.Fields = append(v.Fields, web.Field{Name: x.name, Type: "url", Label: c.T("event.live." + x.name), Hint: c.T("event.live."+x.name+"_hint", "Host", s.Accounts.Host),
			Value: value(x.name, x.stored), Optional: true, Error: problem(x.name)})
	}
	v.Recording = timeField{Name: "recording", Label: c.T("event.live.recording_at"), Value: value("recording", clock(l.RecordingAt)), Error: problem("recording")}
	for i, x := range items {
		name := "began_" + strconv.Itoa(i)
		v.Items = append(v.Items, timeField{Name: name, Label: x.Title, Value: value(name, clock(x.BeganAt)), Error: problem(name), Title: x.Title})
	}
	return c.PageStatus(status, &web.Page{Name: "event/video", Title: c.T("event.live.video"), NoIndex: true, Data: v})
}

func (s *Service) postVideo(c *httpx.Ctx) error {
	id, form, err := sent(c)
	if err != nil {
		return err
	}
	d := VideoDraft{WatchUrl: form.Get("watch_url"), ReplayUrl: form.Get("replay_url"), Recording: form.Get("recording")}
	for i := range MaxItems {
		n := strconv.Itoa(i)
		d.Items, d.Began = append(d.Items, form.Get("title_"+n)), append(d.Began, form.Get("began_"+n))
	}
	if err = s.SetVideo(c.Context(), c.Viewer, id, d); err == nil {
		err = s.takeFilm(c, form)
	}
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showVideo(c, http.StatusUnprocessableEntity, form, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "event.live.video_saved")
	return c.Redirect(livePath(id))
}

// takeFilm puts the film or sound of a form into the meeting itself, for who may
// read it, or takes it out again.
func (s *Service) takeFilm(c *httpx.Ctx, form url.Values) error {
	w, _, err := s.here(c)
	if err != nil {
		return err
	}
	as, err := s.asAuthor(c, w.Post)
	if err != nil {
		return err
	}
	had, part := form["media_id"], s.films()
	asked, err := part.AskedForm(as, form)
	if err == nil {
		err = s.refuseStills(as, form)
	}
	if err != nil {
		return err
	}
	if asked == nil && len(had) > 0 {
		asked = part.Unasked // the last one is dropped
	}
	if asked == nil || sameFilm(w, form) {
		return nil
	}
	var all []media.Piece
	for _, m := range stills(w) {
		all = append(all, media.Piece{ID: m.ID, Description: m.Description})
	}
	for _, v := range form["media_id"] {
		if id, ok := ids.Parse(v); ok {
			all = append(all, media.Piece{ID: id, Description: form.Get("alt_" + v)})
		}
	}
	return s.change(c.Context(), c.Viewer, w.Post, post.Draft{Title: w.Title, Text: w.Source, Warning: w.Warning, Sensitive: w.Sensitive, Parts: map[string]any{media.PartName: media.Want(all...)}})
}

// refuseStills refuses pictures sent as the film of a meeting, and forgets them.
func (s *Service) refuseStills(c *httpx.Ctx, form url.Values) error {
	for i, v := range form["media_id"] {
		id, _ := ids.Parse(v)
		m, err := s.Media.Sent(c.Context(), s.DB.Read(), c.Viewer.AccountID, id)
		if err != nil || m.Kind != media.Image {
			continue // what is not there is told by who takes the rest
		}
		if m.PostID == 0 {
			if err := s.Media.Remove(c.Context(), c.Viewer.AccountID, id); err != nil {
				return err
			}
		}
		form["media_id"] = slices.Delete(form["media_id"], i, i+1)
		return apperr.Invalid("event.live.not_film").Field("media_ids", "event.live.not_film")
	}
	return nil
}

// filmTypes are the kinds of films and sounds that can be taken here.
func filmTypes(m *media.Service) []string {
	return slices.DeleteFunc(m.Types(), func(t string) bool { return strings.HasPrefix(t, "image/") })
}

// stills are the pictures of a meeting, which the form of its film leaves alone.
func stills(w *post.View) (out []*media.Media) {
	for _, m := range post.PartOf[[]*media.Media](w, media.PartName) {
		if m.Kind == media.Image {
			out = append(out, m)
		}
	}
	return out
}

// sameFilm reports whether a form leaves the film of a meeting as it is: then
// nothing is sent anew.
func sameFilm(w *post.View, form url.Values) bool {
	list := slices.DeleteFunc(slices.Clone(post.PartOf[[]*media.Media](w, media.PartName)), func(m *media.Media) bool { return m.Kind == media.Image })
	if len(list) != len(form["media_id"]) {
		return false
	}
	for i, m := range list {
		if id := ids.String(m.ID); form["media_id"][i] != id || form.Get("alt_"+id) != m.Description {
			return false
		}
	}
	return true
}
