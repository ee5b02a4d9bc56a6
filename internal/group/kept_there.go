package group

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// The kinds of words on what a group keeps beside its posts; what they say is in their reason, as JSON.
const (
	wordKept   = "kept"   // topic and summary of a thread
	wordTopics = "topics" // the topics of the group
)

// kept is what a group of another server said of a thread.
type kept struct {
	Topic   string `json:",omitempty"` // URI
	Summary `json:",omitempty"`
	By      string `json:",omitempty"` // URI
	At      int64  `json:",omitempty"` // milliseconds
}

// topicThere is a topic of a group of another server.
type topicThere struct{ URI, Name string }

// governedKept takes in what a group of another server keeps beside its posts.
func (s *Service) governedKept(ctx context.Context, tx *db.Tx, in *route.Inbound, d *as.Doc) error {
	if d == nil {
		return nil
	}
	return s.keepsThere(ctx, tx, in.Actor.ID, in.Actor.URI, d, saidAt(in))
}

func (s *Service) keepsThere(ctx context.Context, tx *db.Tx, groupID int64, groupURI string, d *as.Doc, at int64) error {
	if !strings.HasPrefix(d.ID(), groupURI+"/") {
		return nil
	}
	w := word{GroupID: groupID, Yes: true, At: at}
	var said any
	switch {
	case d.Is("Thread"):
		k := kept{Topic: as.HTTPURL(d.Refs("topic").ID()), By: as.HTTPURL(d.Refs("summaryBy").ID()), Summary: Summary{d.String("agreed"), d.String("debated"), d.String("nextStep")}}
		for _, name := range summaryFields {
			p := k.part(name)
			*p = text.Clean(*p, MaxSummary)
		}
		if !d.Updated().IsZero() {
			k.At = d.Updated().UnixMilli()
		}
		w.Kind, w.URI, said = wordKept, as.HTTPURL(d.Refs("thread").ID()), k
	case d.Is("OrderedCollection"):
		w.Kind, w.URI, said = wordTopics, d.ID(), topicsIn(d, groupURI)
	}
	if w.URI == "" {
		return nil
	}
	body, err := json.Marshal(said)
	if err != nil {
		return err
	}
	w.Reason = string(body)
	if newest, err := hear(ctx, tx, w); err != nil || !newest {
		return err
	}
	if w.Kind == wordTopics {
		return settleTopics(ctx, tx, s.IDs.New, groupID, said.([]topicThere))
	}
	p, err := post.RawByURI(ctx, tx, w.URI)
	if err != nil {
		return ignoreMissing(err)
	}
	return settleKept(ctx, tx, groupID, p.ID, p.URI)
}

func topicsIn(d *as.Doc, groupURI string) []topicThere {
	out := []topicThere{}
	for _, o := range d.Items().Docs() {
		name := text.PlainName(o.Name(), maxTopicName)
		if name != "" && strings.HasPrefix(o.ID(), groupURI+"/") && len(out) < maxTopics {
			out = append(out, topicThere{o.ID(), name})
		}
	}
	return out
}

// settleKept gives a thread of another server's group the topic and the summary that it has there.
func settleKept(ctx context.Context, tx *db.Tx, groupID, threadID int64, uri string) error {
	w, err := wordOf(ctx, tx, groupID, uri, wordKept)
	if err != nil || w == nil {
		return err
	}
	var k kept
	if err := json.Unmarshal([]byte(w.Reason), &k); err != nil {
		return err
	}
	var topic, by int64
	if k.Topic != "" {
		topic, err = db.Get[int64](ctx, tx, `select id from group_topic where group_id = $1 and uri = $2`, groupID, k.Topic)
		if ignoreMissing(err) != nil {
			return err
		}
	}
	if k.By != "" {
		if a, err := account.ByURI(ctx, tx, k.By); err == nil {
			by = a.ID
		} else if !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
	}
	_, err = tx.Exec(ctx, `update group_thread set topic_id = $1, agreed = $2, debated = $3, next_step = $4, summary_by = $5, summary_at = $6 where post_id = $7 and group_id = $8`,
		topic, k.Agreed, k.Debated, k.NextStep, by, k.At, threadID, groupID)
	return err
}

// settleTopics makes the topics of another server's group those that it has there.
func settleTopics(ctx context.Context, tx *db.Tx, newID func() int64, groupID int64, list []topicThere) error {
	have, err := topicsOf(ctx, tx, groupID)
	if err != nil {
		return err
	}
	byURI := map[string]int64{}
	for _, t := range have {
		byURI[t.URI] = t.ID
	}
	for i, t := range list {
		if id := byURI[t.URI]; id != 0 {
			delete(byURI, t.URI)
			_, err = tx.Exec(ctx, `update group_topic set name = $1, place = $2 where id = $3`, t.Name, i, id)
		} else {
			err = db.Insert(ctx, tx, "group_topic", &Topic{ID: newID(), GroupID: groupID, Name: t.Name, Place: int64(i), URI: t.URI})
		}
		if err != nil {
			return err
		}
	}
	for _, id := range byURI {
		for _, sql := range []string{`update group_thread set topic_id = 0 where topic_id = $1`, `delete from group_topic where id = $1`} {
			if _, err := tx.Exec(ctx, sql, id); err != nil {
				return err
			}
		}
	}
	// Threads may have been told of before their topics.
	early, err := db.All[struct {
		ID  int64
		URI string
	}](ctx, tx, `select p.id, p.uri from group_thread t join post p on p.id = t.post_id where t.group_id = $1 and t.topic_id = 0
		and exists (select 1 from group_word w where w.group_id = $1 and w.uri = p.uri and w.kind = 'kept' and w.reason like '%"Topic":%') order by p.id desc limit 500`, groupID)
	if err != nil {
		return err
	}
	for _, t := range early {
		if err := settleKept(ctx, tx, groupID, t.ID, t.URI); err != nil {
			return err
		}
	}
	return nil
}

// lookAtKept reads what a group of another server keeps, from the collections that its actor names.
func (s *Service) lookAtKept(ctx context.Context, a *account.Account, d *as.Doc) error {
	for _, name := range []string{"topics", "threads"} {
		uri := as.HTTPURL(d.Refs(name).ID())
		if !strings.HasPrefix(uri, a.URI+"/") {
			continue
		}
		c, err := s.Fetch.Fetch(ctx, uri)
		if err != nil {
			if err := unlessOver(ctx, err); err != nil {
				return err
			}
			continue
		}
		docs := []*as.Doc{c}
		if name == "threads" {
			docs = c.Items().Docs()
		}
		for _, o := range docs[:min(len(docs), maxCollected)] {
			if err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.keepsThere(ctx, tx, a.ID, a.URI, o, now()*1000) }); err != nil {
				return err
			}
		}
	}
	return nil
}
