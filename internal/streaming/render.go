package streaming

import (
	"context"
	"maps"
	"slices"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/stream"
)

// payload is a rendered post.
type payload struct {
	data   string // JSON
	quoted string // the same as a JSON string
	media  bool
}

func made(data []byte, media bool) *payload {
	return &payload{string(data), string(masto.AppendString(nil, string(data))), media}
}

// shared is what those have in common to whom a post looks the same.
type shared struct {
	payload *payload
	not     map[int64]bool // those to whom it may look different
	frames  map[string][]byte
}

// frame is a whole message of the WebSocket.
func frame(k *sub, event, quoted string) []byte {
	b := make([]byte, 0, len(k.head)+len(event)+len(quoted)+40)
	b = append(append(b, `{"stream":`...), k.head...)
	b = append(masto.AppendString(append(b, `,"event":`...), event), `,"payload":`...)
	if quoted == "" {
		b = b[:len(b)-len(`,"payload":`)]
	}
	return append(append(b, quoted...), '}')
}

// sharedFrom is for how many viewers rendering a post once is worth asking whom it suits.
const sharedFrom = 3

// share renders once the new posts that any member may read, for the members to
// whom they look alike: those who have asked for nothing that timelines heed.
func (s *Service) share(ctx context.Context, n *news, all map[int64]*audience) error {
	var members []int64
	for id, a := range all {
		if a.viewer.Member {
			members = append(members, id)
		}
	}
	if len(members) < sharedFrom || len(n.posts) == 0 {
		return nil
	}
	not, err := s.particular(ctx, members)
	if err != nil {
		return err
	}
	var list []*post.Post
	for _, e := range n.events {
		p := n.posts[e.ID]
		if e.Kind == stream.Update && p != nil && p.BoostOfID == 0 && open(p) && p.DeletedAt == 0 && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	if list, err = s.unlimited(ctx, list); err != nil {
		return err
	}
	for _, p := range list {
		if n.shared[p.ID], err = s.shareOne(ctx, n, all, members, not, p); err != nil {
			return err
		}
	}
	return nil
}

// shareOne renders a post as one of those sees it who are nothing to its author
// and to whom the author is nothing. It is nil when there are too few of them.
func (s *Service) shareOne(ctx context.Context, n *news, all map[int64]*audience, members []int64, not map[int64]bool, p *post.Post) (*shared, error) {
	sh := &shared{not: maps.Clone(not), frames: map[string][]byte{}}
	near, err := db.All[int64](ctx, s.DB.Read(), `select account_id from follow where target_id = $1
		union select account_id from post_mention where post_id = $2`, p.AccountID, p.ID)
	if err != nil {
		return nil, err
	}
	for _, id := range append(near, p.AccountID) {
		sh.not[id] = true
	}
	rest := slices.DeleteFunc(slices.Clone(members), func(id int64) bool { return sh.not[id] })
	if len(rest) < sharedFrom {
		return nil, nil
	}
	v := all[rest[0]].viewer
	views, err := s.Posts.Views(ctx, v, []*post.Post{p})
	if err != nil || len(views) == 0 {
		return nil, err
	}
	e := s.Posts.Entity(v, views[0])
	if e.Quote != nil { // who may read what is quoted is another matter
		return nil, nil
	}
	if a := views[0].Author; a.Kind == account.Group && !a.Public { // whose pictures have an address for each reader
		return nil, nil
	}
	if sh.payload, err = s.made(&e); err != nil {
		return nil, err
	}
	// Frames are made before several renderers read them.
	for _, a := range all {
		for _, subs := range a.subs {
			for _, k := range subs {
				if sh.frames[k.head] == nil && n.concerns(a.viewer.AccountID, k, p) {
					sh.frames[k.head] = frame(k, stream.Update, sh.payload.quoted)
				}
			}
		}
	}
	return sh, nil
}

func (s *Service) render(v *auth.Viewer, w *post.View) (*payload, error) {
	e := s.Posts.Entity(v, w)
	return s.made(&e)
}

func (s *Service) made(e *masto.Status) (*payload, error) {
	b, err := s.json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return made(b, len(e.MediaAttachments) > 0 || e.Reblog != nil && len(e.Reblog.MediaAttachments) > 0), nil
}

// serve sends a batch to one viewer's sockets, in order.
func (s *Service) serve(ctx context.Context, n *news, a *audience) error {
	own, err := s.own(ctx, n, a)
	if err != nil {
		return err
	}
	told := map[int]*payload{} // of the events that are not of posts
	for i, e := range n.events {
		for j, k := range a.sockets {
			for _, sub := range a.subs[j] {
				s.offer(ctx, n, a, own, told, i, e, k, sub)
			}
		}
	}
	return nil
}

// common is the shared rendering of a post, nil where v needs one of their own.
func (n *news) common(v *auth.Viewer, id int64) *shared {
	sh := n.shared[id]
	if sh == nil || sh.payload == nil || !v.Member || sh.not[v.AccountID] {
		return nil
	}
	return sh
}

// offer sends one event to one stream of a socket, if it belongs there.
func (s *Service) offer(ctx context.Context, n *news, a *audience, own *standing, told map[int]*payload, i int, e stream.Event, k *socket, to *sub) {
	v := a.viewer
	if !ofPost(e) {
		s.offerOther(ctx, a, told, i, e, k, to)
		return
	}
	p := n.posts[e.ID]
	if e.Account != 0 {
		s.offerNamed(ctx, n, a, told, i, e, k, to)
		return
	}
	if p == nil || !n.concerns(v.AccountID, to, p) {
		return
	}
	switch {
	case e.Kind == stream.Delete:
		if to.kind == direct {
			s.offerConversation(ctx, a, told, i, p, k, to)
		} else if n.couldRead(v.AccountID, p) {
			k.push(over(to, e.ID))
		}
	case to.kind == direct:
		if e.Kind == stream.Update {
			s.offerConversation(ctx, a, told, i, p, k, to)
		}
	default:
		if sh := n.common(v, p.ID); sh != nil && e.Kind == stream.Update {
			if !to.media || sh.payload.media {
				k.push(message{frame: sh.frames[to.head], event: e.Kind, data: sh.payload.data})
			}
		} else if x := own.payloads[p.ID]; x != nil && own.in[to.head][p.ID] && (!to.media || x.media) {
			k.push(message{frame: frame(to, e.Kind, x.quoted), event: e.Kind, data: x.data})
		}
	}
}

// over is the message that a post is no more.
func over(to *sub, postID int64) message {
	id := ids.String(postID)
	return message{frame: frame(to, stream.Delete, `"`+id+`"`), event: stream.Delete, data: id}
}

// offerNamed tells somebody that a post that named them is gone, unless the event
// for everybody does; a conversation goes on without it. What is for some whom they
// are not of they never saw, though it named them.
func (s *Service) offerNamed(ctx context.Context, n *news, a *audience, told map[int]*payload, i int, e stream.Event, k *socket, to *sub) {
	p := n.posts[e.ID]
	switch {
	case p == nil || e.Account != a.viewer.AccountID:
	case to.kind == user && !(n.home[homeKey{e.Account, e.ID}] && n.couldRead(e.Account, p)) && (n.couldRead(e.Account, p) || p.Audience == post.Direct || p.Audience == post.Followers):
		k.push(over(to, e.ID))
	case to.kind == direct && p.Audience == post.Direct:
		s.offerConversation(ctx, a, told, i, p, k, to)
	}
}

// once renders an event that is not of a post for a viewer, nil for nothing.
func (s *Service) once(told map[int]*payload, i int, make func() (any, error)) *payload {
	x, ok := told[i]
	if ok {
		return x
	}
	told[i] = nil
	e, err := make()
	if err != nil || e == nil {
		if err != nil && !apperr.Is(err, apperr.KindNotFound) {
			s.Log.Warn("a live event was not rendered", "err", err)
		}
		return nil
	}
	if raw, ok := e.(string); ok {
		told[i] = made([]byte(raw), false)
		return told[i]
	}
	b, err := s.json.Marshal(e)
	if err != nil {
		s.Log.Warn("a live event was not rendered", "err", err)
		return nil
	}
	told[i] = made(b, false)
	return told[i]
}

func (s *Service) offerConversation(ctx context.Context, a *audience, told map[int]*payload, i int, p *post.Post, k *socket, to *sub) {
	x := s.once(told, i, func() (any, error) { return s.Timeline.ConversationEntity(ctx, a.viewer, p.ThreadID) })
	if x != nil {
		k.push(message{frame: frame(to, "conversation", x.quoted), event: "conversation", data: x.data})
	}
}

// offerOther sends what is not of posts: it belongs to the streams of a person.
func (s *Service) offerOther(ctx context.Context, a *audience, told map[int]*payload, i int, e stream.Event, k *socket, to *sub) {
	v := a.viewer
	if e.Account != 0 && e.Account != v.AccountID {
		return
	}
	switch {
	case e.Kind == stream.NotificationsMerged:
		if (to.kind == user || to.kind == notifications) && k.viewer().Scopes.Has("read:notifications") {
			k.push(message{frame: frame(to, e.Kind, `"1"`), event: e.Kind, data: "1"}) // as Mastodon says it
		}
	case e.Kind == stream.Notification:
		if e.Account == 0 || to.kind != user && to.kind != notifications || !k.viewer().Scopes.Has("read:notifications") {
			return
		}
		x := s.once(told, i, func() (any, error) { return s.notification(ctx, v, e.ID) })
		if x != nil {
			k.push(message{frame: frame(to, e.Kind, x.quoted), event: e.Kind, data: x.data})
		}
	case to.kind != user:
	case e.Kind == stream.FiltersChanged:
		k.push(message{frame: frame(to, e.Kind, ""), event: e.Kind})
	case s.Render[e.Kind] != nil:
		x := s.once(told, i, func() (any, error) { return s.Render[e.Kind](ctx, v, e) })
		if x != nil {
			k.push(message{frame: frame(to, e.Kind, x.quoted), event: e.Kind, data: x.data})
		}
	}
}

func (s *Service) notification(ctx context.Context, v *auth.Viewer, id int64) (any, error) {
	row, err := s.Timeline.Posts.Notify.Get(ctx, v.AccountID, id)
	if err != nil {
		return nil, err
	}
	list, err := s.Timeline.Notices(ctx, v, []notify.Notification{*row})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return s.Timeline.Entity(v, list[0]), nil
}
