package group

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/text"
)

// What somebody of ours asked the server of a group to do is kept until it is
// done, so that they are told when it is not: because that server refuses it, by
// a Reject with its reason, or says nothing. Nothing changes here before the
// group's server says so.

// asking is one row: an act that somebody asked for.
type asking struct {
	ID        int64
	AccountID int64
	GroupID   int64
	URI       string // of the activity
	Act       string
	PostID    int64 // the thread or the message, 0 for none
	AboutID   int64 // who is put out, or the group that is to have the thread; 0 for none
	State     string
	Reason    string
	At        int64
}

const askColumns = `x.id, x.account_id, x.group_id, x.uri, x.act, x.post_id, x.about_id, x.state, x.reason, x.at`

// The states of what is asked for.
const (
	askAsked   = "asked"
	askDone    = "done"
	askRefused = "refused"
	askSilent  = "silent" // nobody answered in time
)

// The acts that are asked for, with what takes each back.
const (
	actMove = "move"
	actSum  = "summarise"
)

var undoes = map[string]string{"pin": "unpin", "lock": "unlock", "remove": "restore", "ban": "unban",
	"unpin": "pin", "unlock": "lock", "restore": "remove", "unban": "ban", actMove: actMove, actSum: actSum}

const (
	// NoticeAsked tells somebody that the server of a group did not do what they asked for.
	NoticeAsked = "group.asked"

	kindAsked = "group.asked"

	askWaits = 24 * time.Hour      // for an answer
	askKept  = 90 * 24 * time.Hour // what became of it
)

type askedJob struct{ ID int64 }

// noteAsked keeps what is asked for, instead of what was asked about the same before.
func (s *Service) noteAsked(ctx context.Context, tx *db.Tx, x asking) error {
	old, err := db.All[asking](ctx, tx, `select `+askColumns+` from group_ask x where x.account_id = $1 and x.group_id = $2 and x.post_id = $3 and x.about_id = $4 and x.act in ($5, $6)
		or x.account_id = $1 and x.at < $7`, x.AccountID, x.GroupID, x.PostID, x.AboutID, x.Act, undoes[x.Act], now()-askKept.Milliseconds())
	if err != nil {
		return err
	}
	for _, o := range old {
		if err := s.dropAsked(ctx, tx, o); err != nil {
			return err
		}
	}
	x.ID, x.State, x.At = s.IDs.New(), askAsked, now()
	if err := db.Insert(ctx, tx, "group_ask", x); err != nil {
		return err
	}
	wait := askWaits
	if x.Act == actMove {
		wait += offerStands // the other group has its time
	}
	return jobs.Enqueue(ctx, tx, kindAsked, askedJob{x.ID}, jobs.Key(x.URI), jobs.At(time.Now().Add(wait)))
}

func (s *Service) dropAsked(ctx context.Context, tx *db.Tx, x asking) error {
	if err := s.Notify.Take(ctx, tx, x.AccountID, NoticeAsked, x.GroupID, x.ID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from group_ask where id = $1`, x.ID)
	return err
}

func askedFor(ctx context.Context, q db.Q, where string, args ...any) (*asking, error) {
	x, err := db.Get[asking](ctx, q, `select `+askColumns+` from group_ask x where `+where, args...)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &x, err
}

// answerAsked notes what became of what was asked for, and tells who asked.
func (s *Service) answerAsked(ctx context.Context, tx *db.Tx, x *asking, state, reason string) error {
	if _, err := tx.Exec(ctx, `update group_ask set state = $1, reason = $2 where id = $3`, state, reason, x.ID); err != nil {
		return err
	}
	if state == askDone {
		return s.Notify.Take(ctx, tx, x.AccountID, NoticeAsked, x.GroupID, x.ID)
	}
	return s.Notify.Add(ctx, tx, x.AccountID, NoticeAsked, x.GroupID, x.ID)
}

// onActRefused hears that a group of another server did not do what one of ours asked for.
func (s *Service) onActRefused(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Actor.Local || in.ObjectURI == "" {
		return nil
	}
	x, err := askedFor(ctx, tx, `x.uri = $1 and x.group_id = $2`, in.ObjectURI, in.Actor.ID)
	if err != nil || x == nil || x.State == askDone || x.State == askRefused {
		return err
	}
	return s.answerAsked(ctx, tx, x, askRefused, clip(text.Plain(in.Doc.Content())))
}

// didAsked notes that a group passes on what one of ours asked for: it did it.
func (s *Service) didAsked(ctx context.Context, tx *db.Tx, groupID int64, uri string) error {
	if uri == "" {
		return nil
	}
	x, err := askedFor(ctx, tx, `x.uri = $1 and x.group_id = $2`, uri, groupID)
	if err != nil || x == nil || x.State == askDone {
		return err
	}
	return s.answerAsked(ctx, tx, x, askDone, "")
}

// unanswered looks whether something is done that was asked for a while ago.
func (s *Service) unanswered(ctx context.Context, j askedJob) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		x, err := askedFor(ctx, tx, `x.id = $1`, j.ID)
		if err != nil || x == nil || x.State != askAsked {
			return err
		}
		done, err := asAsked(ctx, tx, x)
		if err != nil {
			return err
		}
		if done {
			return s.answerAsked(ctx, tx, x, askDone, "")
		}
		return s.answerAsked(ctx, tx, x, askSilent, "")
	})
}

// asAsked reports whether things are, as far as is known here, as was asked. A closed group
// tells nobody whom it put out.
func asAsked(ctx context.Context, q db.Q, x *asking) (bool, error) {
	switch x.Act {
	case "ban", "unban":
		g, err := Any(ctx, q, x.GroupID)
		if err != nil || g.Closed() {
			return true, ignoreMissing(err)
		}
		a, err := account.ByID(ctx, q, x.AboutID)
		if err != nil {
			return true, ignoreMissing(err)
		}
		w, err := wordOf(ctx, q, x.GroupID, a.URI, "ban")
		return w != nil && w.Yes == (x.Act == "ban"), err
	}
	row, err := placed(ctx, q, x.PostID)
	if err != nil || row == nil {
		return true, err // there is nothing to do any more
	}
	switch x.Act {
	case actMove:
		return row.GroupID == x.AboutID, nil
	case "remove", "restore":
		return (row.State == Removed) == (x.Act == "remove"), nil
	}
	t, err := threadOf(ctx, q, row.ThreadID)
	if err != nil || t == nil {
		return true, err
	}
	switch x.Act {
	case "pin", "unpin":
		return (t.PinnedAt != 0) == (x.Act == "pin"), nil
	case "lock", "unlock":
		return (t.LockedAt != 0) == (x.Act == "lock"), nil
	}
	return t.SummaryAt >= x.At-2000, nil // told to the second
}

// askWords are what pages say of what somebody asked for: the act, and what became of it.
func askWords(l *i18n.Localizer, x *asking, about, host string) string {
	words := l.T("group.ask."+x.Act, "Name", about)
	switch x.State {
	case askRefused:
		words = l.T("group.ask_refused", "Act", words, "Host", host)
		if x.Reason != "" {
			words += " " + l.T("group.ended.answer", "Reason", x.Reason)
		}
		return words
	case askSilent:
		return l.T("group.ask_silent", "Act", words, "Host", host)
	}
	return l.T("group.ask_waits", "Act", words, "Host", host)
}

// AskedLines say what became of some things that people asked for, one line on each
// that its asker may still know of: of a closed group its members alone.
func AskedLines(ctx context.Context, q db.Q, all []int64) (map[int64]func(*i18n.Localizer) string, error) {
	frag, args := db.In(1, all)
	list, err := db.All[asking](ctx, q, `select `+askColumns+` from group_ask x join account g on g.id = x.group_id
		where x.id in `+frag+` and x.state in ('refused', 'silent') and (g.public or exists (select 1 from audience_account m where m.scope_id = g.id and m.account_id = x.account_id))`, args...)
	if err != nil {
		return nil, err
	}
	people := make([]int64, 0, 2*len(list))
	for _, x := range list {
		people = append(people, x.GroupID, x.AboutID)
	}
	accounts, err := account.ByIDs(ctx, q, people)
	if err != nil {
		return nil, err
	}
	out := map[int64]func(*i18n.Localizer) string{}
	for _, x := range list {
		about := ""
		if a := accounts[x.AboutID]; a != nil {
			about = a.Name()
		}
		if g := accounts[x.GroupID]; g != nil {
			out[x.ID] = func(l *i18n.Localizer) string { return askWords(l, &x, about, g.Host) }
		}
	}
	return out, nil
}

// AskedPath leads from a notification to what it is about.
func AskedPath(id int64) string { return ListPath + "/demandes/" + ids.String(id) }

func (s *Service) getAsked(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	x, err := askedFor(c.Context(), s.DB.Read(), `x.id = $1 and x.account_id = $2`, id, c.Viewer.AccountID)
	if err != nil {
		return err
	}
	if x == nil {
		return unknown()
	}
	g, _, err := s.seen(c.Context(), s.DB.Read(), c.Viewer, x.GroupID)
	if err != nil {
		return err
	}
	row, err := placed(c.Context(), s.DB.Read(), x.PostID)
	if err != nil {
		return err
	}
	if row == nil || row.GroupID != g.AccountID {
		return c.Redirect(Path(g.Account))
	}
	to := Path(g.Account) + "/" + ids.String(row.ThreadID)
	if row.PostID != row.ThreadID {
		to += "?message=" + ids.String(row.PostID)
	}
	return c.Redirect(to)
}

// showAsked says on the page of a thread what the viewer asked its server to do there, until that is done.
func (s *Service) showAsked(c *httpx.Ctx, g *Group, t *Thread, v *threadView) error {
	if g.Ours() || c.Viewer == nil {
		return nil
	}
	q := s.DB.Read()
	list, err := db.All[asking](c.Context(), q, `select `+askColumns+` from group_ask x join group_post p on p.post_id = x.post_id
		where x.group_id = $1 and p.thread_id = $2 and x.account_id = $3 and x.state <> 'done' and x.at > $4 order by x.id desc limit 10`,
		g.AccountID, t.PostID, c.Viewer.AccountID, now()-moveKept.Milliseconds())
	if err != nil {
		return err
	}
	for _, x := range list {
		if done, err := asAsked(c.Context(), q, &x); err != nil {
			return err
		} else if done {
			continue
		}
		about := ""
		if x.AboutID != 0 {
			if a, err := account.ByID(c.Context(), q, x.AboutID); err == nil {
				about = a.Name()
			}
		}
		v.Asked = append(v.Asked, askedLine{askWords(c.Loc, &x, about, g.Account.Host), x.State != askAsked})
	}
	return nil
}

// askedLine is what the page of a thread says of an act that was asked for.
type askedLine struct {
	Words string
	No    bool // it is not done
}
