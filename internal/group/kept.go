package group

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
)

// Servers of our kind show the topics of a group and the summary on top of a
// thread too. There is no common word for these: a group tells of them by
// Announce{Update} of a Thread of ours, or of the collection of its topics, and
// has both in collections that its actor names.

// keptTerms define our words for topics and summaries.
func keptTerms() map[string]any {
	id := func(name string) any { return map[string]any{"@id": "maillage:" + name, "@type": "@id"} }
	return map[string]any{"maillage": "https://w3id.org/maillage#", "Thread": "maillage:Thread", "Topic": "maillage:Topic", "topics": id("topics"), "threads": id("threads"),
		"thread": id("thread"), "topic": id("topic"), "summaryBy": id("summaryBy"), "agreed": "maillage:agreed", "debated": "maillage:debated", "nextStep": "maillage:nextStep"}
}

func topicsURI(g *account.Account) string { return g.URI + "/topics" }

func topicURI(g *account.Account, id int64) string {
	if id == 0 {
		return ""
	}
	return topicsURI(g) + "/" + ids.String(id)
}

// topicsDoc is the collection of a group's topics, in their order.
func (s *Service) topicsDoc(ctx context.Context, q db.Q, g *Group) (as.Collection, error) {
	list, err := topicsOf(ctx, q, g.AccountID)
	if err != nil {
		return as.Collection{}, err
	}
	items := make([]any, len(list))
	for i, t := range list {
		items[i] = map[string]any{"id": topicURI(g.Account, t.ID), "type": "Topic", "name": t.Name}
	}
	return as.Collection{ID: topicsURI(g.Account), AttributedTo: g.Account.URI, Items: items, ExtraContext: keptTerms()}, nil
}

// threadDocs are what a group keeps of threads beside their posts, in two queries.
func (s *Service) threadDocs(ctx context.Context, q db.Q, g *Group, list []Thread) ([]any, error) {
	if len(list) == 0 {
		return []any{}, nil
	}
	var postIDs, people []int64
	for _, t := range list {
		postIDs, people = append(postIDs, t.PostID), append(people, t.SummaryBy)
	}
	frag, args := db.In(1, db.Pad(postIDs))
	rows, err := db.All[struct {
		ID  int64
		URI string
	}](ctx, q, `select id, uri from post where id in `+frag, args...)
	if err != nil {
		return nil, err
	}
	uris := make(map[int64]string, len(rows))
	for _, r := range rows {
		uris[r.ID] = r.URI
	}
	accounts, err := account.ByIDs(ctx, q, people)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(list))
	for i := range list {
		out[i] = threadDoc(g, &list[i], uris[list[i].PostID], accounts[list[i].SummaryBy])
	}
	return out, nil
}

func threadDoc(g *Group, t *Thread, uri string, by *account.Account) map[string]any {
	d := map[string]any{"id": g.Account.URI + "/threads/" + ids.String(t.PostID), "type": "Thread", "attributedTo": g.Account.URI, "thread": uri}
	add := func(name, value string) {
		if value != "" {
			d[name] = value
		}
	}
	add("topic", topicURI(g.Account, t.TopicID))
	add("agreed", t.Agreed)
	add("debated", t.Debated)
	add("nextStep", t.NextStep)
	if t.SummaryAt != 0 && !t.Summary.Empty() {
		d["updated"] = time.UnixMilli(t.SummaryAt).UTC().Format(time.RFC3339)
		if by != nil && !g.Closed() && by.Reachable && by.Public { // as with moderators
			add("summaryBy", by.URI)
		}
	}
	return d
}

// tellThread tells servers of our kind of the topic and the summary of a thread.
func (s *Service) tellThread(ctx context.Context, tx *db.Tx, g *Group, threadID int64) error {
	t, err := threadOf(ctx, tx, threadID)
	if err != nil || t == nil {
		return err
	}
	docs, err := s.threadDocs(ctx, tx, g, []Thread{*t})
	if err != nil {
		return err
	}
	return s.tellKept(ctx, tx, g, docs[0])
}

func (s *Service) tellTopics(ctx context.Context, tx *db.Tx, g *Group) error {
	c, err := s.topicsDoc(ctx, tx, g)
	if err != nil {
		return err
	}
	body, err := c.Build()
	if err != nil {
		return err
	}
	return s.tellKept(ctx, tx, g, json.RawMessage(body))
}

func (s *Service) tellKept(ctx context.Context, tx *db.Tx, g *Group, object any) error {
	to := []string{as.Public}
	if g.Closed() {
		to = []string{g.Account.Followers}
	}
	body, err := as.Activity{Type: "Update", ID: s.activityID(), Actor: g.Account.URI, Object: object, To: to, Published: time.Now(), ExtraContext: keptTerms()}.Build()
	if err != nil {
		return err
	}
	if g.Closed() {
		return s.announceClosed(ctx, tx, g, body)
	}
	list, err := carriers(ctx, tx, g.AccountID, now())
	if err != nil {
		return err
	}
	inboxes, err := sisterInboxes(ctx, tx, append(list, g.AccountID))
	if err != nil {
		return err
	}
	return s.announceTo(ctx, tx, g, json.RawMessage(body), inboxes)
}

func (s *Service) serveTopics(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	g, err := s.served(ctx, q, r)
	if err != nil {
		return nil, err
	}
	c, err := s.topicsDoc(ctx, q, g)
	if err != nil {
		return nil, err
	}
	return c.Build()
}

// serveThreads lists what the group keeps of its latest threads that have a topic or a summary.
func (s *Service) serveThreads(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	g, err := s.served(ctx, q, r)
	if err != nil {
		return nil, err
	}
	sql, args := "p.audience = 'group'", []any{g.AccountID, maxCollected}
	if !g.Closed() {
		sql, args = post.Visible(post.Reader{}, "p", args)
		sql = "(" + sql + " or p.audience = 'public' and not p.local)"
	}
	list, err := db.All[Thread](ctx, q, `select `+threadColumns+` from group_thread t join group_post g on g.post_id = t.post_id and g.state = 'shown'
		join post p on p.id = t.post_id where t.group_id = $1 and p.deleted_at = 0 and (t.topic_id <> 0 or t.agreed <> '' or t.debated <> '' or t.next_step <> '')
			and `+sql+` order by t.post_id desc limit $2`, args...)
	if err != nil {
		return nil, err
	}
	items, err := s.threadDocs(ctx, q, g, list)
	if err != nil {
		return nil, err
	}
	return as.Collection{ID: g.Account.URI + "/threads", AttributedTo: g.Account.URI, Items: items, ExtraContext: keptTerms()}.Build()
}
