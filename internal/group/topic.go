package group

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// Topic is what threads of a group are filed under.
type Topic struct {
	ID      int64
	GroupID int64
	Name    string
	Place   int64
	URI     string // of one of another server's group, "" for ours
}

// maxTopicName is the length of a topic's name, in characters.
const maxTopicName = 40

// Topics lists those of a group in their order.
func (s *Service) Topics(ctx context.Context, groupID int64) ([]Topic, error) {
	return topicsOf(ctx, s.DB.Read(), groupID)
}

func topicsOf(ctx context.Context, q db.Q, groupID int64) ([]Topic, error) {
	return db.All[Topic](ctx, q, `select id, group_id, name, place, uri from group_topic where group_id = $1 order by place, id`, groupID)
}

// SetTopics names the topics of a group, in their order: those that are there by
// their id, new ones with 0. One that is left out or has no name goes; its threads stay.
// Errors: KindInvalid "group.topics_many", KindForbidden for who does not animate the group.
func (s *Service) SetTopics(ctx context.Context, v *auth.Viewer, groupID int64, topics []Topic) error {
	return s.by(ctx, v, groupID, Animator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		have, err := db.All[int64](ctx, tx, `select id from group_topic where group_id = $1`, g.AccountID)
		if err != nil {
			return err
		}
		kept := map[int64]bool{}
		for i, t := range topics {
			if t.Name = text.PlainName(t.Name, maxTopicName); t.Name == "" {
				continue
			}
			if len(kept) == maxTopics {
				return apperr.Invalid("group.topics_many", maxTopics)
			}
			switch {
			case t.ID == 0:
				t.ID = s.IDs.New()
				err = db.Insert(ctx, tx, "group_topic", &Topic{ID: t.ID, GroupID: g.AccountID, Name: t.Name, Place: int64(i)})
			case slices.Contains(have, t.ID):
				_, err = tx.Exec(ctx, `update group_topic set name = $1, place = $2 where id = $3`, t.Name, i, t.ID)
			default:
				continue
			}
			if err != nil {
				return err
			}
			kept[t.ID] = true
		}
		for _, id := range have {
			if kept[id] {
				continue
			}
			if _, err := tx.Exec(ctx, `update group_thread set topic_id = 0 where group_id = $1 and topic_id = $2`, g.AccountID, id); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `delete from group_topic where id = $1`, id); err != nil {
				return err
			}
		}
		if err := s.tellTopics(ctx, tx, g); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "topics"})
	})
}

// File puts a thread under a topic, 0 for none: by who animates the group, or who began the thread.
func (s *Service) File(ctx context.Context, v *auth.Viewer, threadID, topicID int64) error {
	author, err := db.Get[int64](ctx, s.DB.Read(), `select account_id from post where id = $1`, threadID)
	if err != nil {
		return unknown()
	}
	role := Animator
	if v != nil && author == v.AccountID {
		role = Member
	}
	return s.onThread(ctx, v, threadID, role, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership, t *Thread) error {
		name := ""
		if topicID != 0 {
			if name, err = db.Get[string](ctx, tx, `select name from group_topic where id = $1 and group_id = $2`, topicID, g.AccountID); err != nil {
				return apperr.Invalid("group.no_topic").Field("topic", "group.no_topic")
			}
		}
		if t.TopicID == topicID {
			return nil
		}
		if _, err := tx.Exec(ctx, `update group_thread set topic_id = $1 where post_id = $2`, topicID, t.PostID); err != nil {
			return err
		}
		if err := s.tellThread(ctx, tx, g, t.PostID); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "topic", PostID: t.PostID, Reason: name})
	})
}

func topicURL(a *account.Account, id int64) string { return Path(a) + "?theme=" + ids.String(id) }

// topicTabs are the topics over the list of threads; current is 0 for all.
func topicTabs(c *httpx.Ctx, g *Group, topics []Topic, current int64) []web.Tab {
	if len(topics) == 0 {
		return nil
	}
	out := []web.Tab{{Label: c.T("group.all_topics"), URL: Path(g.Account), Current: current == 0}}
	for _, t := range topics {
		out = append(out, web.Tab{Label: t.Name, URL: topicURL(g.Account, t.ID), Current: t.ID == current})
	}
	return out
}

// newTopics is how many fields for new topics the form has.
const newTopics = 3

func (s *Service) getTopics(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if !g.Ours() || !me.May(Animator) {
		return needs(Animator)
	}
	topics, err := s.Topics(c.Context(), g.AccountID)
	if err != nil {
		return err
	}
	return s.topicsForm(c, http.StatusOK, g, me, topics, nil)
}

func (s *Service) topicsForm(c *httpx.Ctx, status int, g *Group, me *Membership, topics []Topic, errs []web.FieldError) error {
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	v := formView{Head: h, Title: c.T("group.topics"), Text: c.T("group.topics_text"), Action: Path(g.Account) + "/themes",
		Button: c.T("group.save"), Back: Path(g.Account), Summary: web.ErrorSummary{Errors: errs}}
	for i, t := range topics {
		v.Fields = append(v.Fields, web.Field{Name: "topic-" + ids.String(t.ID), Label: c.T("group.topic_n", "N", i+1), Value: t.Name, MaxLength: maxTopicName, Optional: true})
	}
	for i := range min(newTopics, maxTopics-len(topics)) {
		v.Fields = append(v.Fields, web.Field{Name: "new-" + strconv.Itoa(i), Label: c.T("group.topic_new"), MaxLength: maxTopicName, Optional: true})
	}
	return s.showForm(c, status, v)
}

func (s *Service) postTopics(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	topics, err := s.Topics(c.Context(), g.AccountID)
	if err != nil {
		return err
	}
	for i := range topics {
		topics[i].Name = form.Get("topic-" + ids.String(topics[i].ID))
	}
	for i := range newTopics {
		topics = append(topics, Topic{Name: form.Get("new-" + strconv.Itoa(i))})
	}
	err = s.SetTopics(c.Context(), c.Viewer, g.AccountID, topics)
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.topicsForm(c, http.StatusUnprocessableEntity, g, me, topics, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "group.done.topics")
	return c.Redirect(Path(g.Account))
}

func (s *Service) getTopic(c *httpx.Ctx) error {
	g, me, t, err := s.thread(c)
	if err != nil {
		return err
	}
	topics, err := s.Topics(c.Context(), g.AccountID)
	if err != nil {
		return err
	}
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	f := web.Field{Name: "topic", Label: c.T("group.topic"), Type: "radio", Choices: []web.Choice{{Value: "0", Label: c.T("group.topic_none"), Checked: t.TopicID == 0}}}
	for _, x := range topics {
		f.Choices = append(f.Choices, web.Choice{Value: ids.String(x.ID), Label: x.Name, Checked: x.ID == t.TopicID})
	}
	path := Path(g.Account) + "/" + ids.String(t.PostID)
	return s.showForm(c, http.StatusOK, formView{Head: h, Title: c.T("group.file"), Action: path + "/theme", Button: c.T("group.save"), Back: path, Fields: []web.Field{f}})
}

func (s *Service) postTopic(c *httpx.Ctx) error {
	g, _, t, form, err := s.threadForm(c)
	if err != nil {
		return err
	}
	id, _ := ids.Parse(form.Get("topic"))
	if err := s.File(c.Context(), c.Viewer, t.PostID, id); err != nil {
		return err
	}
	c.Flash("success", "group.done.topic")
	return c.Redirect(Path(g.Account) + "/" + ids.String(t.PostID))
}
