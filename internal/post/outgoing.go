package post

import (
	"context"
	"encoding/json"
	"html"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/text"
)

// publish makes the document of a new post of ours and the deliveries of it, in
// the transaction of the post: what was acknowledged will be sent.
func (s *Service) publish(ctx context.Context, tx *db.Tx, p *Post) error {
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	if p.BoostOfID == 0 {
		return s.sendDocument(ctx, tx, author, p, as.Activity{Type: "Create", ID: p.URI + "/activity", Published: p.Created()})
	}
	if yes, err := s.goesAbroad(ctx, tx, author, p); err != nil || !yes {
		return err
	}
	return s.publishBoost(ctx, tx, author, p)
}

// sendUpdate tells whoever has a post of ours what it has been since at.
func (s *Service) sendUpdate(ctx context.Context, tx *db.Tx, p *Post, at time.Time) error {
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil || author.Gone() {
		return err
	}
	return s.sendDocument(ctx, tx, author, p, as.Activity{Type: "Update", ID: p.URI + "#updates/" + ids.String(at.UnixMilli()), Published: at})
}

// sendDocument makes the document of a post, keeps it, and sends it in what act
// says of it. It does nothing where the readers are all here: nobody else could
// fetch the author.
func (s *Service) sendDocument(ctx context.Context, tx *db.Tx, author *account.Account, p *Post, act as.Activity) error {
	if yes, err := s.goesAbroad(ctx, tx, author, p); err != nil || !yes {
		return err
	}
	note, to, cc, err := s.note(ctx, tx, author, p)
	if err != nil {
		return err
	}
	if note, err = s.proven(ctx, tx, p, note); err != nil {
		return err
	}
	if err := SaveDocument(ctx, tx, p.ID, note); err != nil {
		return err
	}
	act.Actor, act.Object, act.To, act.Cc = author.URI, json.RawMessage(note), to, cc
	return s.send(ctx, tx, p, act)
}

// publishDelete tells every server that was sent a post, or a boost, that it is
// gone; also when its author has withdrawn since.
func (s *Service) publishDelete(ctx context.Context, tx *db.Tx, p *Post) error {
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	to, cc := addresses(author, p, nil)
	a := as.Activity{Type: "Delete", ID: p.URI + "#delete", Actor: author.URI, To: to, Cc: cc, Published: time.Now()}
	if p.BoostOfID != 0 {
		announce, err := s.announce(ctx, tx, author, p)
		if err != nil {
			return err
		}
		inner, err := announce.Build()
		if err != nil {
			return err
		}
		a.Type, a.ID, a.Object = "Undo", p.URI+"#undo", json.RawMessage(inner)
	} else {
		tomb, err := as.Tombstone{ID: p.URI}.Build()
		if err != nil {
			return err
		}
		a.Object = json.RawMessage(tomb)
	}
	// What was not sent yet need not be; what was is taken back.
	if err := outbox.Cancel(ctx, tx, p.ID); err != nil {
		return err
	}
	if p.Audience == Group {
		return s.sendToGroup(ctx, tx, p, a)
	}
	// It is about no post any more: what is gone would not be sent.
	return s.sendCopies(ctx, tx, p, a, outbox.Opts{})
}

func (s *Service) publishBoost(ctx context.Context, tx *db.Tx, author *account.Account, b *Post) error {
	a, err := s.announce(ctx, tx, author, b)
	if err != nil {
		return err
	}
	return s.send(ctx, tx, b, a)
}

func (s *Service) announce(ctx context.Context, q db.Q, author *account.Account, b *Post) (as.Activity, error) {
	p, err := Raw(ctx, q, b.BoostOfID)
	if err != nil {
		return as.Activity{}, err
	}
	owner, err := account.ByID(ctx, q, p.AccountID)
	if err != nil {
		return as.Activity{}, err
	}
	to, cc := addresses(author, b, []string{owner.URI})
	return as.Activity{Type: "Announce", ID: b.URI, Actor: author.URI, Object: p.URI, To: to, Cc: cc, Published: b.Created()}, nil
}

// addresses gives to and cc of a post; people are the URIs of those it names.
//
// Spec: AP 5.6; Spec: AP 6.1
func addresses(author *account.Account, p *Post, people []string) (to, cc []string) {
	switch {
	case p.Audience == Public && p.Listed:
		return []string{as.Public}, append([]string{author.Followers}, people...)
	case p.Audience == Public:
		return []string{author.Followers}, append([]string{as.Public}, people...)
	case p.Audience == Followers:
		return []string{author.Followers}, people
	case p.Audience == Movement:
		return []string{movementOf(author.URI)}, people
	default:
		return people, nil
	}
}

// note makes the document of a post of ours.
func (s *Service) note(ctx context.Context, q db.Q, author *account.Account, p *Post) (body []byte, to, cc []string, err error) {
	mentions, err := mentionsOf(ctx, q, p.ID)
	if err != nil {
		return nil, nil, nil, err
	}
	people, err := account.ByIDs(ctx, q, mentions)
	if err != nil {
		return nil, nil, nil, err
	}
	n := as.Note{
		ID: p.URI, URL: p.URL, AttributedTo: author.URI, Content: p.Content, Language: p.Lang, Source: p.Source, Summary: p.Warning,
		Sensitive: p.Sensitive || author.SensitiveAt != 0, InReplyTo: p.ReplyToURI, Published: p.Created(), Replies: p.URI + "/replies", RepliesPage: p.URI + "/replies?page=true",
	}
	if n.Context, err = contextOf(ctx, q, p); err != nil {
		return nil, nil, nil, err
	}
	if p.Title != "" {
		n.Type, n.Name = "Article", p.Title
	}
	if p.EditedAt != 0 {
		n.Updated = time.UnixMilli(p.EditedAt)
	}
	var uris []string
	for _, id := range mentions {
		a := people[id]
		if a == nil || a.Gone() || a.Local() && !a.Reachable && p.Audience != Movement && p.Audience != Group {
			continue // naming somebody private would tell that they are here
		}
		uris = append(uris, a.URI)
		host := a.Host
		if host == "" {
			host = s.Accounts.Host
		}
		n.Tags = append(n.Tags, as.Tag{Type: "Mention", Href: a.URI, Name: "@" + a.Username + "@" + host})
	}
	tags, err := tagsByPost(ctx, q, []int64{p.ID})
	if err != nil {
		return nil, nil, nil, err
	}
	for _, t := range tags[p.ID] {
		n.Tags = append(n.Tags, as.Tag{Type: "Hashtag", Href: s.Accounts.Base + "/tags/" + t.Tag, Name: "#" + t.Shown})
	}
	n.To, n.Cc = addresses(author, p, uris)
	if p.Audience == Public {
		n.Likes, n.Shares = p.URI+"/likes", p.URI+"/shares"
	}
	if err := s.writeParts(ctx, q, p, &n); err != nil {
		return nil, nil, nil, err
	}
	if n.Type == "Article" {
		if n.Extra == nil {
			n.Extra = map[string]any{}
		}
		n.Lead = leadOf(p.Content)
		n.Extra["preview"] = previewOf(&n)
	}
	body, err = n.Build()
	return body, n.To, n.Cc, err
}

// recipients selects the inboxes for what concerns a post: its author's
// followers where they may read it, the people it names, and the author of what
// it answers or relays. $1 author, $2 post, $3 that other author, $4 whether
// followers read it, $5 whether one inbox may be that of all its people: what is for
// people named goes to their own.
//
// Spec: PV4
const recipients = `select case when a.shared_inbox <> '' and $5 then a.shared_inbox else a.inbox end as inbox
	from account a join (
		select f.account_id as id from follow f where f.target_id = $1 and f.accepted and $4
		union select m.account_id from post_mention m where m.post_id = $2
		union select cast($3 as bigint)) as r on r.id = a.id
	where a.host <> '' and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0`

// send addresses an activity about a post of ours and puts it into the outbox.
// It is the only way by which a post leaves, and a post for the section does not.
func (s *Service) send(ctx context.Context, tx *db.Tx, p *Post, a as.Activity) error {
	if !p.Audience.Leaves() {
		return nil
	}
	if p.Audience == Group {
		return s.sendToGroup(ctx, tx, p, a)
	}
	// Whom it answers or relays is told if everybody may know; else who is named in it.
	var other int64
	if p.Audience == Public {
		other = p.ReplyToAccount
		if p.BoostOfID != 0 {
			boosted, err := Raw(ctx, tx, p.BoostOfID)
			if err != nil {
				return err
			}
			other = boosted.AccountID
		}
	}
	crowd := p.Audience == Public || p.Audience == Followers
	if p.Audience == Movement {
		if err := copyToMovement(ctx, tx, p); err != nil {
			return err
		}
	} else if _, err := tx.Exec(ctx, `insert into post_copy (post_id, inbox) select cast($2 as bigint), i.inbox from (select distinct inbox from (`+recipients+`) as d) as i
		where true on conflict do nothing`, p.AccountID, p.ID, other, crowd, p.Audience != Direct); err != nil {
		return err
	}
	if err := s.addWider(ctx, tx, p); err != nil {
		return err
	}
	return s.sendCopies(ctx, tx, p, a, outbox.Opts{PostID: p.ID, Audience: string(p.Audience)})
}

func (s *Service) sendToGroup(ctx context.Context, tx *db.Tx, p *Post, a as.Activity) error {
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	if yes, err := s.goesAbroad(ctx, tx, author, p); err != nil || !yes {
		return err
	}
	return s.Circles.Send(ctx, tx, p, a)
}

// sendCopies sends an activity to every inbox that has a copy of the post, or is about to.
func (s *Service) sendCopies(ctx context.Context, tx *db.Tx, p *Post, a as.Activity, o outbox.Opts) error {
	inboxes, err := db.All[string](ctx, tx, `select inbox from post_copy where post_id = $1`, p.ID)
	told, carry := s.Sent, s.Carry
	if p.Audience != Public || p.BoostOfID != 0 {
		told, carry = nil, nil
	}
	if err != nil || len(inboxes) == 0 && len(told) == 0 && carry == nil {
		return err
	}
	body, err := a.Build()
	if err != nil {
		return err
	}
	if body, err = s.proven(ctx, tx, p, body); err != nil {
		return err
	}
	for _, hook := range told {
		if err := hook(ctx, tx, p, a.Type, body); err != nil {
			return err
		}
	}
	if carry != nil {
		if inboxes, err = carry(ctx, tx, p, a, o, inboxes); err != nil {
			return err
		}
	}
	return outbox.Enqueue(ctx, tx, body, p.AccountID, o, inboxes)
}

func (s *Service) sendLike(ctx context.Context, tx *db.Tx, me *account.Account, p *Post, uri string, undo bool) error {
	owner, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	a := as.Activity{Type: "Like", ID: uri, Actor: me.URI, Object: p.URI, To: []string{owner.URI}}
	if p.Audience == Group {
		return nil // who likes what in a closed group stays on the own server
	}
	if undo {
		inner, err := a.Build()
		if err != nil {
			return err
		}
		a = as.Activity{Type: "Undo", ID: uri + "#undo", Actor: me.URI, Object: json.RawMessage(inner), To: []string{owner.URI}}
	}
	body, err := a.Build()
	if err != nil {
		return err
	}
	if p.Audience == Public {
		if body, err = s.Accounts.Prove(ctx, tx, me.ID, body); err != nil {
			return err
		}
	}
	return outbox.Enqueue(ctx, tx, body, me.ID, outbox.Opts{}, []string{owner.BestInbox()})
}

// Current reports whether a post may still be sent to an inbox: it exists, its
// author still agrees to be known outside, and what is for followers or for people named has one of them there. It is asked
// before every try of a delivery.
func (s *Service) Current(ctx context.Context, q db.Q, postID int64, inbox string) (bool, error) {
	is, err := db.Get[struct {
		Audience          Audience
		DeletedAt         int64
		AccountID         int64
		Reachable, Public bool
	}](ctx, q, `select p.audience, p.deleted_at, p.account_id, a.reachable, a.public from post p join account a on a.id = p.account_id where p.id = $1`, postID)
	if apperr.Is(err, apperr.KindNotFound) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if is.DeletedAt != 0 || !is.Audience.Leaves() {
		return false, nil
	}
	if is.Audience == Movement {
		return Affiliated(ctx, q, as.Host(inbox), time.Now()) // by its chain of now, whatever it was when this was written
	}
	if is.Audience == Group {
		if s.Circles == nil {
			return false, nil
		}
		p, err := Raw(ctx, q, postID)
		if err != nil {
			return false, err
		}
		return s.Circles.Current(ctx, q, p, inbox)
	}
	if !is.Reachable {
		return false, nil // withdrawn since
	}
	if is.Audience == Public {
		return is.Public, nil
	}
	n, err := db.Get[int](ctx, q, `select count(*) from account a where (a.inbox = $1 or a.shared_inbox = $1) and a.deleted_at = 0
		and a.suspended_at = 0 and (a.id in (select m.account_id from post_mention m where m.post_id = $2)
			or $3 and a.id in (select f.account_id from follow f where f.target_id = $4 and f.accepted))`,
		inbox, postID, is.Audience == Followers, is.AccountID)
	return n > 0, err
}

// maxLead is how much of an article stands for it where only its title, its
// lead and a link are shown, in characters.
const maxLead = 400

// previewOf is what a server shows of a long text that shows notes only.
//
// Spec: FEP-b2b8
func previewOf(n *as.Note) map[string]any {
	lead := n.Summary
	if lead == "" {
		lead = n.Lead
	}
	link := html.EscapeString(n.URL)
	return map[string]any{"type": "Note", "attributedTo": n.AttributedTo, "published": n.Published.UTC().Format(time.RFC3339),
		"content": "<p><strong>" + html.EscapeString(n.Name) + "</strong></p><p>" + html.EscapeString(lead) + `</p><p><a href="` + link + `">` + link + "</a></p>"}
}

// leadOf is the beginning of an article, cut at the end of a word.
//
// Spec: FEP-b2b8
func leadOf(content string) string {
	lead := strings.Join(strings.Fields(text.Plain(content)), " ")
	r := []rune(lead)
	if len(r) <= maxLead {
		return lead
	}
	lead = string(r[:maxLead])
	if at := strings.LastIndexByte(lead, ' '); at > 0 {
		lead = lead[:at]
	}
	return lead + "…"
}
