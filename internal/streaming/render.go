package streaming

import (
	"context"
	"slices"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
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
// whom they look alike.
func (s *Service) share(ctx context.Context, n *news, all map[int64]*audience) error {
	if s.Personal == nil {
		return nil
	}
	var members []int64
	for id, a := range all {
		if a.viewer.Member {
			members = append(members, id)
		}
	}
	if len(members) < sharedFrom {
		return nil
	}
	anybody := &auth.Viewer{AccountID: -1, Role: auth.RoleUser, Member: true}
	var list []*post.Post
	for _, e := range n.events {
		p := n.posts[e.ID]
		if e.Kind != stream.Update || p == nil || p.BoostOfID != 0 || !open(p) || p.DeletedAt != 0 || n.shared[p.ID] != nil {
			continue
		}
		not, err := s.Personal(ctx, p, members)
		if err != nil {
			return err
		}
		if not == nil {
			not = map[int64]bool{}
		}
		not[p.AccountID] = true
		n.shared[p.ID] = &shared{not: not, frames: map[string][]byte{}}
		list = append(list, p)
	}
	views, err := s.Posts.Views(ctx, anybody, list)
	if err != nil {
		return err
	}
	for _, w := range views {
		if n.shared[w.ID].payload, err = s.render(anybody, w); err != nil {
			return err
		}
		for _, a := range w.Mentions {
			n.shared[w.ID].not[a.ID] = true
		}
		// Frames are made before several renderers read them.
		for _, a := range all {
			for _, subs := range a.subs {
				for _, k := range subs {
					f := n.shared[w.ID].frames
					if f[k.head] == nil && n.concerns(a.viewer.AccountID, k, w.Post) {
						f[k.head] = frame(k, stream.Update, n.shared[w.ID].payload.quoted)
					}
				}
			}
		}
	}
	return nil
}

func (s *Service) render(v *auth.Viewer, w *post.View) (*payload, error) {
	e := s.Posts.Entity(v, w)
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

// own renders the posts of a batch that concern a viewer and are not shared.
func (s *Service) own(ctx context.Context, n *news, a *audience) (map[int64]*payload, error) {
	var need []int64
	v := a.viewer
	for _, e := range n.events {
		p := n.posts[e.ID]
		if e.Kind == stream.Delete || !ofPost(e) || p == nil || slices.Contains(need, p.ID) || n.common(v, p.ID) != nil {
			continue
		}
		for _, subs := range a.subs {
			if slices.ContainsFunc(subs, func(k *sub) bool { return k.kind != direct && n.concerns(v.AccountID, k, p) }) {
				need = append(need, p.ID)
				break
			}
		}
	}
	out := make(map[int64]*payload, len(need))
	if len(need) == 0 {
		return out, nil
	}
	views, err := s.Posts.Many(ctx, v, need)
	if err != nil {
		return nil, err
	}
	var hidden map[int64]bool
	if s.Hidden != nil {
		if hidden, err = s.Hidden(ctx, v, views); err != nil {
			return nil, err
		}
	}
	for _, w := range views {
		if hidden[w.ID] {
			continue
		}
		if out[w.ID], err = s.render(v, w); err != nil {
			return nil, err
		}
	}
	return out, nil
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
func (s *Service) offer(ctx context.Context, n *news, a *audience, own map[int64]*payload, told map[int]*payload, i int, e stream.Event, k *socket, to *sub) {
	v := a.viewer
	if !ofPost(e) {
		s.offerOther(ctx, a, told, i, e, k, to)
		return
	}
	p := n.posts[e.ID]
	if p == nil || !n.concerns(v.AccountID, to, p) {
		return
	}
	switch {
	case e.Kind == stream.Delete:
		if to.kind != direct {
			id := ids.String(e.ID)
			k.push(message{frame: frame(to, e.Kind, `"`+id+`"`), event: e.Kind, data: id})
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
		} else if x := own[p.ID]; x != nil && (!to.media || x.media) {
			k.push(message{frame: frame(to, e.Kind, x.quoted), event: e.Kind, data: x.data})
		}
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
