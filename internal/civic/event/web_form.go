package event

import (
	"net/http"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/visitor"
	"github.com/maillage/maillage/web"
)

// formView is the page to write or change a meeting.
type formView struct {
	Summary    web.ErrorSummary
	Title      string
	Action     string
	Button     string
	Back       string
	First      []web.Field // what it is, for whom
	Picture    pictureField
	When       []web.Field
	Again      []web.Field // how it comes again
	Where      []web.Field
	Room       []web.Field
	After      []web.Field // of a meeting that has begun
	Items      []itemRow
	ItemsError web.Field // what is wrong with them
	Begun      bool      // what was decided can be noted
}

type itemRow struct {
	N   int // from 1, for the words
	Nth string
	Item
}

// emptyRows are the lines offered for more points.
const emptyRows = 4

func (s *Service) form(c *httpx.Ctx, d Draft, edit bool, errs []web.FieldError) (formView, error) {
	problem := func(name string) string {
		for _, e := range errs {
			if e.Name == name {
				return e.Text
			}
		}
		return ""
	}
	v := formView{Summary: web.ErrorSummary{Errors: errs}}
	field := func(name, kind, value string) web.Field {
		f := web.Field{Name: name, Type: kind, Label: c.T("event.field." + name), Value: value, Error: problem(name)}
		if key := "event.field." + name + "_hint"; c.Loc.Has(key) {
			f.Hint = c.T(key)
		}
		return f
	}
	with := func(f web.Field, change func(*web.Field)) web.Field { change(&f); return f }
	required := func(f *web.Field) { f.Required = true }
	optional := func(f *web.Field) { f.Optional = true }
	short := func(f *web.Field) { f.Short = true }
	kinds := field("kind", "radio", "")
	for _, k := range Kinds {
		kinds.Choices = append(kinds.Choices, web.Choice{Value: k, Label: c.T("event.kind." + k), Hint: c.T("event.kind." + k + "_hint"), Checked: k == d.Kind})
	}
	v.First = append(v.First, with(with(field("title", "", d.Title), required), func(f *web.Field) { f.MaxLength = post.MaxTitle; f.Spellcheck = true }), kinds)
	if !edit {
		as, err := s.inWhoseName(c, d)
		if err != nil {
			return v, err
		}
		if as != nil {
			v.First = append(v.First, *as)
		}
		audience, err := s.audiences(c, d)
		if err != nil {
			return v, err
		}
		audience.Error = problem("audience")
		v.First = append(v.First, audience)
	}
	v.First = append(v.First, with(with(field("text", "textarea", d.Text), optional), func(f *web.Field) { f.Rows = 5; f.Spellcheck = true }))
	v.First = append(v.First, with(field("website", "url", d.Website), optional))
	var err error
	if v.Picture, err = s.pictureField(c, d, field); err != nil {
		return v, err
	}
	zone := field("zone", "select", "")
	known := false
	for _, z := range Zones {
		known = known || z == d.Zone
		zone.Choices = append(zone.Choices, web.Choice{Value: z, Label: zoneWords(c.Loc, z), Checked: z == d.Zone})
	}
	if !known && d.Zone != "" {
		zone.Choices = append(zone.Choices, web.Choice{Value: d.Zone, Label: zoneWords(c.Loc, d.Zone), Checked: true})
	}
	v.When = []web.Field{with(with(field("day", "date", d.Day), required), short), with(with(field("from", "time", d.From), required), short),
		with(with(field("to", "time", d.To), optional), short), with(with(field("end_day", "date", d.EndDay), optional), short), zone}
	again := field("repeat", "select", "")
	for _, x := range repeats {
		again.Choices = append(again.Choices, web.Choice{Value: choiceName(x), Label: c.T("event.repeat." + choiceName(x)), Checked: x == d.Repeat})
	}
	v.Again = []web.Field{again, with(with(field("repeat_until", "date", d.RepeatUntil), optional), short),
		with(field("repeat_times", "", d.RepeatTimes), func(f *web.Field) { f.Optional = true; f.Short = true; f.InputMode = "numeric" })}
	if d.Scope != "" {
		scope := field("scope", "radio", "")
		for _, x := range []string{scopeOne, scopeFollowing} {
			scope.Choices = append(scope.Choices, web.Choice{Value: x, Label: c.T("event.scope." + x), Hint: c.T("event.scope." + x + ".hint"), Checked: x == d.Scope})
		}
		v.Again = append([]web.Field{scope}, v.Again...)
	}
	v.Where = []web.Field{with(field("place", "", d.Place), optional), with(field("address", "", d.Address), optional),
		with(field("withheld", "checkbox", ""), func(f *web.Field) { f.Checked = d.Withheld }),
		with(with(field("postcode", "", d.Postcode), optional), func(f *web.Field) { f.Short = true; f.Autocomplete = "off" }), with(field("city", "", d.City), optional),
		with(field("online", "checkbox", ""), func(f *web.Field) { f.Checked = d.Online }), with(field("remote_url", "url", d.RemoteUrl), optional)}
	numeric := func(f *web.Field) { f.Optional = true; f.Short = true; f.InputMode = "numeric" }
	v.Room = []web.Field{with(field("capacity", "", d.Capacity), numeric), with(field("companions", "", d.Companions), numeric)}
	if v.Begun = edit; edit {
		v.After = []web.Field{with(with(field("minutes", "textarea", d.Minutes), optional), func(f *web.Field) { f.Rows = 8; f.Spellcheck = true }),
			with(field("keep_list", "checkbox", ""), func(f *web.Field) { f.Checked = d.KeepList })}
	}
	v.ItemsError = web.Field{Name: "items", Error: problem("items")}
	rows := append([]Item{}, d.Items...)
	for range max(0, min(emptyRows, MaxItems-len(rows))) {
		rows = append(rows, Item{})
	}
	for i, x := range rows {
		v.Items = append(v.Items, itemRow{i + 1, strconv.Itoa(i), x})
	}
	return v, nil
}

// audiences are for whom a meeting may be: the section, the movement where there is one,
// everyone, one of my groups; see [mayBeFor].
func (s *Service) audiences(c *httpx.Ctx, d Draft) (web.Field, error) {
	f := web.Field{Name: "audience", Type: "radio", Label: c.T("event.field.audience")}
	add := func(value, label, hint, icon string) {
		checked := value == string(d.Audience)
		if d.Audience == post.Group {
			checked = value == "group:"+ids.String(d.GroupID)
		}
		f.Choices = append(f.Choices, web.Choice{Value: value, Label: label, Hint: hint, Icon: icon, Checked: checked})
	}
	if c.Viewer.Member {
		add(string(post.Section), c.T("audience.section"), c.T("event.for_section"), "house")
		if s.Posts.InMovement(c.Context()) {
			add(string(post.Movement), c.T("audience.movement"), c.T("event.for_movement"), "waypoints")
		}
	}
	add(string(post.Public), c.T("audience.public"), c.T("event.for_public"), "globe")
	groups, err := s.Groups.Known(c.Context(), c.Viewer.AccountID, c.Viewer.Member)
	if err != nil {
		return f, err
	}
	for _, g := range groups {
		if g.In {
			add("group:"+ids.String(g.AccountID), c.T("event.for_group", "Name", g.Account.Name()), "", "users")
		}
	}
	return f, nil
}

func (s *Service) getNew(c *httpx.Ctx) error {
	d := Draft{Kind: KindMeeting, Zone: homeZone, From: "18:00", To: "20:00", Audience: post.Section, Companions: "1"}
	if !c.Viewer.Member {
		d.Audience = post.Public
	}
	if day, err := time.Parse("2006-01-02", c.Query("jour")); err == nil {
		d.Day = day.Format("2006-01-02")
	}
	if id, ok := ids.Parse(c.Query("organe")); ok {
		d.OrganeID, d.Audience = id, post.Public
	}
	if id, ok := ids.Parse(c.Query("groupe")); ok {
		d.Audience, d.GroupID = post.Group, id
	}
	return s.showForm(c, http.StatusOK, d, 0, nil)
}

func (s *Service) showForm(c *httpx.Ctx, status int, d Draft, postID int64, errs []web.FieldError) error {
	v, err := s.form(c, d, postID != 0, errs)
	if err != nil {
		return err
	}
	v.Title, v.Action, v.Button, v.Back = c.T("event.new"), Path+"/nouvelle", c.T("event.publish"), Path
	if postID != 0 {
		v.Title, v.Action, v.Button, v.Back = c.T("event.edit"), path(postID)+"/modifier", c.T("event.save"), path(postID)
	}
	return c.PageStatus(status, &web.Page{Name: "event/form", Title: v.Title, NoIndex: true, Data: v})
}

func (s *Service) postNew(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Accounts.Agreed(c); err != nil {
		return err
	}
	wrong := s.takePicture(c, form)
	d := readDraft(form)
	d.Lang = c.Lang
	if errs := pictureErrors(c.FieldErrors(wrong)); len(errs) > 0 {
		return s.showForm(c, http.StatusUnprocessableEntity, d, 0, errs)
	} else if wrong != nil {
		return wrong
	}
	p, err := s.Create(c.Context(), c.Viewer, d)
	if kind, ok := account.ConsentAsked(err); ok {
		ask := account.Ask{Kind: kind, Action: Path + "/nouvelle", Yes: c.T("event.agree_and_publish"), Back: Path}
		for name, values := range form {
			for _, v := range values {
				if name != web.CSRFField {
					ask.Fields = append(ask.Fields, web.HiddenField{Name: name, Value: v})
				}
			}
		}
		return s.Accounts.Ask(c, ask)
	}
	if errs := pictureErrors(c.FieldErrors(err)); len(errs) > 0 {
		return s.showForm(c, http.StatusUnprocessableEntity, d, 0, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "event.created")
	return c.Redirect(path(p.ID))
}

// choiceName names a rhythm in the words.
func choiceName(repeat string) string {
	if repeat == once {
		return "once"
	}
	return repeat
}

// draftOf is a meeting as the form shows it.
func draftOf(p *post.Post, m *Meeting, items []Item) Draft {
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	start, end := m.Start(), m.End()
	d := Draft{Kind: m.Kind, Title: p.Title, Text: p.Source, Lang: p.Lang, Day: start.Format("2006-01-02"), From: start.Format("15:04"), To: end.Format("15:04"), Zone: m.Zone,
		Place: m.Place, Address: m.Address, Postcode: m.Postcode, City: m.City, RemoteUrl: m.RemoteUrl, Online: m.Online, Capacity: number(m.Capacity),
		Companions: number(m.Companions), Audience: p.Audience, GroupID: m.GroupID, Items: items, Minutes: m.Minutes, KeepList: m.KeepList,
		Website: m.Website, Withheld: m.Withheld}
	if !sameDay(start, end) {
		d.EndDay = end.Format("2006-01-02")
	}
	return d
}

// ofSeries shows the rhythm of a series in the form of one of its dates.
func (d *Draft) ofSeries(r *series) {
	var times int
	var until time.Time
	d.Scope = scopeOne
	if d.Repeat, times, until = rhythm(r.Rule); times > 0 {
		d.RepeatTimes = strconv.Itoa(times)
	}
	if !until.IsZero() {
		d.RepeatUntil = until.In(location(r.Zone)).Format("2006-01-02")
	}
}

func (s *Service) getEdit(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	p, m, items, err := s.mine(c.Context(), c.Viewer, id)
	if err != nil {
		return err
	}
	d := draftOf(p, m, items)
	list, err := media.Of(c.Context(), s.DB.Read(), id)
	if err != nil {
		return err
	}
	d.author, d.Picture = p.AccountID, &Picture{}
	if m := pictureOf(list); m != nil {
		d.Picture = &Picture{ID: m.ID, Alt: m.Description}
	}
	r, _, err := s.following(c.Context(), id)
	if err != nil {
		return err
	}
	if r != nil {
		d.ofSeries(r)
	}
	return s.showForm(c, http.StatusOK, d, id, nil)
}

func (s *Service) postEdit(c *httpx.Ctx) error {
	id, form, err := sent(c)
	if err != nil {
		return err
	}
	p, was, _, err := s.mine(c.Context(), c.Viewer, id)
	if err != nil {
		return err
	}
	err = s.takePicture(c, form)
	d := readDraft(form)
	d.author, d.had = p.AccountID, was.StartsAt
	edit := s.Edit
	if d.Scope == scopeFollowing {
		edit = s.EditFollowing
	}
	if err == nil {
		err = edit(c.Context(), c.Viewer, id, d)
	}
	if errs := pictureErrors(c.FieldErrors(err)); len(errs) > 0 {
		return s.showForm(c, http.StatusUnprocessableEntity, d, id, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "event.saved")
	return c.Redirect(path(id))
}

// seatsView is who comes to a meeting, for its organiser.
type seatsView struct {
	Title, When, Back, Action string
	Keep                      bool
	Waits                     bool // for a date
	Groups                    []seatGroup
	Empty                     bool
}

type seatGroup struct {
	Title string
	Rows  []seatRow
}

type seatRow struct {
	ID, Name, Handle string
	Message          string
	Companions       int64
	Present          bool
	Outside          bool
}

// getSeats lists who comes, for the organiser alone; printed, it is the sheet to sign.
func (s *Service) getSeats(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	p, m, _, err := s.mine(c.Context(), c.Viewer, id)
	if err != nil {
		return err
	}
	all, err := seats(c.Context(), s.DB.Read(), id)
	if err != nil {
		return err
	}
	var people, outside []int64
	for _, x := range all {
		people, outside = append(people, x.AccountID), append(outside, x.VisitorID)
	}
	visitors, err := visitor.ByIDs(c.Context(), s.DB.Read(), outside)
	if err != nil {
		return err
	}
	accounts, err := account.ByIDs(c.Context(), s.DB.Read(), people)
	if err != nil {
		return err
	}
	v := seatsView{Title: p.Title, When: whenWords(c.Loc, m, time.Now()), Back: path(id), Action: path(id) + "/inscrits", Keep: m.KeepList, Waits: m.Status == Postponed, Empty: len(all) == 0}
	for _, g := range []struct{ state, answer, key string }{{In, Room, "event.list.room"}, {Waiting, Room, "event.list.waiting"}, {In, Remote, "event.list.remote"},
		{In, Maybe, "event.list.maybe"}, {In, No, "event.list.no"}} {
		group := seatGroup{Title: c.T(g.key)}
		for _, x := range all {
			if x.State != g.state || x.Answer != g.answer {
				continue
			}
			row := seatRow{ID: ids.String(x.ID), Name: x.Name, Message: x.Message, Companions: x.Companions, Present: x.PresentAt != 0}
			if v := visitors[x.VisitorID]; v != nil {
				row.Handle, row.Outside = v.Who(), true
			}
			if a := accounts[x.AccountID]; a != nil {
				row.Name, row.Handle, row.Outside = a.Name(), "@"+a.Acct(), !a.Local()
			}
			group.Rows = append(group.Rows, row)
		}
		if len(group.Rows) > 0 {
			v.Groups = append(v.Groups, group)
		}
	}
	return c.Page(&web.Page{Name: "event/seats", Title: c.T("event.list"), NoIndex: true, Data: v})
}

// postPresent notes who is there.
func (s *Service) postPresent(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	if _, _, _, err := s.mine(c.Context(), c.Viewer, id); err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	here := map[int64]bool{}
	for _, v := range form["present"] {
		if n, ok := ids.Parse(v); ok {
			here[n] = true
		}
	}
	if err := s.setPresent(c.Context(), id, here); err != nil {
		return err
	}
	c.Flash("success", "event.noted")
	return c.Redirect(path(id) + "/inscrits")
}
