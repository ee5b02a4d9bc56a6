package group

import (
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// showPages fills where the page stands among those of a long thread.
func (s *Service) showPages(c *httpx.Ctx, told *Reading, v *threadView) {
	if told.Pages < 2 {
		return
	}
	to := func(page int) string { return v.URL + "?page=" + strconv.Itoa(page) }
	if told.Page > 1 {
		v.Pages.Newer = to(told.Page - 1)
	}
	if told.Page < told.Pages {
		v.Pages.Older = to(told.Page + 1)
	}
	first := (told.Page-1)*perThreadPage + 1
	v.Page = c.T("group.page", "First", first, "Last", min(told.Total, first+perThreadPage-1), "Total", told.Total)
}

func (s *Service) showItems(c *httpx.Ctx, g *Group, me *Membership, told *Reading, link func(int) string, v *threadView) error {
	guests, err := s.guests(c, told)
	if err != nil {
		return err
	}
	for _, x := range told.Items {
		id := ids.String(x.PostID)
		if x.View == nil {
			words := c.T("group.removed_by_author")
			switch {
			case x.ByID == x.AuthorID:
			case x.Reason == "":
				words = c.T("group.removed_bare", "Date", c.Loc.Date(at(x.DecidedAt), time.Now()))
			default:
				words = c.T("group.removed", "Date", c.Loc.Date(at(x.DecidedAt), time.Now()), "Reason", strings.TrimRight(x.Reason, ". "))
			}
			it := item{Removed: &removed{id, x.Number, words}}
			if me.May(Moderator) && x.ByID != x.AuthorID {
				it.Acts = []web.Act{{Label: c.T("group.restore"), URL: Path(g.Account) + "/" + id + "/retablir", Icon: "history"}}
			}
			v.Cards = append(v.Cards, it)
			continue
		}
		card := post.Card(c, x.View)
		card.Number, card.Title, card.Group = x.Number, "", nil
		if card.ReplyToNumber = x.ReplyTo; x.ReplyTo > 0 {
			card.ReplyTo = &web.Link{URL: link(x.ReplyTo)}
		}
		card.Author.Guest = guests[x.AuthorID]
		it := item{Card: &card, Waits: waitsFor(c, g, x.State)}
		if x.PostID == told.First.PostID {
			it.Waits = "" // said on top
		}
		if c.Viewer != nil && x.AuthorID != c.Viewer.AccountID && x.State == Shown {
			if me.May(Moderator) {
				it.Links = append(it.Links, web.Link{Name: c.T("group.remove"), URL: Path(g.Account) + "/" + id + "/retirer"})
			} else {
				card.ReportURL = Path(g.Account) + "/" + id + "/signaler"
			}
		}
		v.Cards = append(v.Cards, it)
	}
	return nil
}

// guests are the authors on a page who are guests of this server.
func (s *Service) guests(c *httpx.Ctx, told *Reading) (map[int64]bool, error) {
	var authors []int64
	for _, x := range told.Items {
		if x.View != nil && x.View.Author.Local() && x.View.Author.Kind == account.Person {
			authors = append(authors, x.AuthorID)
		}
	}
	members, err := auth.MembersAmong(c.Context(), s.DB.Read(), authors)
	if err != nil {
		return nil, err
	}
	out := map[int64]bool{}
	for _, id := range authors {
		out[id] = !members[id]
	}
	return out, nil
}

// showAround fills what stands beside a thread: others of the group, and who keeps it.
func (s *Service) showAround(c *httpx.Ctx, g *Group, t *Thread, v *threadView) error {
	threads, err := s.Threads(c.Context(), c.Viewer, g, 0, page.Range{Limit: othersShown + 1})
	if err != nil {
		return err
	}
	for _, x := range threads {
		if x.PostID != t.PostID && len(v.Others) < othersShown {
			v.Others = append(v.Others, s.line(c, g, x))
		}
	}
	if t.TopicID != 0 {
		topics, err := s.Topics(c.Context(), g.AccountID)
		if err != nil {
			return err
		}
		if name := topicName(topics, t.TopicID); name != "" {
			v.Topic = &web.Link{Name: name, URL: topicURL(g.Account, t.TopicID)}
		}
	}
	v.People, err = s.staff(c, g)
	return err
}

func (s *Service) showAnswer(c *httpx.Ctx, g *Group, me *Membership, t *Thread, first *post.View, v *threadView) error {
	if c.Viewer == nil {
		if g.Access == Open {
			v.FollowOut = "@" + g.Account.Username + "@" + s.Accounts.Host
		}
		return nil
	}
	if t.LockedAt != 0 && !me.May(Moderator) {
		v.Why = c.T("group.locked")
		return nil
	}
	if _, err := g.accepts(me); err != nil {
		v.Why = c.ErrorText(err)
		return nil
	}
	composer, err := s.Posts.Answer(c, first, v.URL+"?page=-1")
	if err != nil {
		return err
	}
	if !g.Ours() {
		s.forGroup(c, g, &composer)
		composer.Titled = false
	}
	v.Composer = &composer
	v.Limit = c.T("group.read_by."+g.Access, "Name", g.Account.Name())
	if len(composer.Choices) > 1 { // and the one chosen beforehand may be narrower
		v.Limit = c.T("group.answer_readers")
	}
	return nil
}

// threadActs fills what those who keep a thread may do about it.
func (s *Service) threadActs(c *httpx.Ctx, g *Group, me *Membership, t *Thread, v *threadView) error {
	add := func(act, icon string) {
		v.Acts = append(v.Acts, web.Act{URL: v.URL + "/fil", Label: c.T("group.act." + act), Icon: icon, Fields: []web.HiddenField{{Name: "acte", Value: act}}})
	}
	if me.May(Animator) {
		if t.PinnedAt == 0 {
			add("pin", "pin")
		} else {
			add("unpin", "x")
		}
	}
	if me.May(Moderator) {
		if t.LockedAt == 0 {
			add("lock", "lock")
		} else {
			add("unlock", "key-round")
		}
	}
	kin := g.Ours()
	if me.May(Animator) {
		if !kin {
			var err error
			if kin, err = ofOurKind(c.Context(), s.DB.Read(), g.Account.Host); err != nil {
				return err
			}
		}
		if kin {
			v.Links = append(v.Links, web.Link{Name: c.T("group.summarise"), URL: v.URL + "/resume"})
		}
	}
	if me.May(Animator) && g.Ours() {
		v.Links = append(v.Links, web.Link{Name: c.T("group.file"), URL: v.URL + "/theme"},
			web.Link{Name: c.T("group.merge"), URL: v.URL + "/reunir"})
	}
	if me.May(Moderator) && kin && !g.Closed() {
		v.Links = append(v.Links, web.Link{Name: c.T("group.move"), URL: v.URL + "/deplacer"})
	}
	return nil
}
