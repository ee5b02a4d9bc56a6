package demo

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/post"
)

// script plays the content through the services that serve everybody.
type script struct {
	port  string
	apps  map[string]*app.App // by place
	mu    sync.Mutex
	ids   map[string]int64 // "who@place" → account there
	posts map[string]*post.Post
}

func (s *script) play(ctx context.Context) error {
	for _, step := range []func(context.Context) error{s.places, s.affiliate, s.people, s.organes, s.follows, s.settle, s.write, s.react, s.settle, s.groups, s.settle, s.agenda, s.settle} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *script) places(ctx context.Context) error {
	for _, pl := range movement {
		in := s.apps[pl.key].Instance
		set, err := in.Settings(ctx)
		if err != nil {
			return err
		}
		set.Accent, set.Mark, set.Parent, set.Sentence, set.Description = pl.accent, pl.mark, pl.parent, pl.sentence, pl.about
		if err := in.Save(ctx, set); err != nil {
			return err
		}
	}
	return nil
}

// affiliate makes the four one movement, from the top down.
func (s *script) affiliate(ctx context.Context) error {
	for _, x := range []struct{ child, parent, level string }{
		{"isere", "national", "federation"}, {"grenoble", "isere", "section"}, {"voiron", "isere", "section"},
	} {
		if _, err := s.apps[x.child].Movement.Ask(ctx, 0, s.host(x.parent)); err != nil {
			return fmt.Errorf("%s asks %s: %w", x.child, x.parent, err)
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
		if err := s.apps[x.parent].Affiliate(ctx, s.host(x.child), x.level, "Isère", []string{"*"}); err != nil {
			return fmt.Errorf("%s affiliates %s: %w", x.parent, x.child, err)
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *script) people(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2) // making keys is all computing
	for _, pl := range movement {
		for _, p := range pl.people {
			g.Go(func() error {
				role := p.role
				if role == "" {
					role = auth.RoleUser
				}
				a, err := s.apps[pl.key].CreatePerson(ctx, app.Person{
					Name: p.name, Display: p.display, Note: p.note, Email: p.name + "@" + pl.key + ".example", Password: Password,
					Role: role, Lang: "fr", Public: p.public,
				})
				if err != nil {
					return fmt.Errorf("account %s: %w", p.name, err)
				}
				s.mu.Lock()
				s.ids[p.name+"@"+pl.key] = a.ID
				s.mu.Unlock()
				return nil
			})
		}
	}
	return g.Wait()
}

// split reads "who@place".
func (s *script) split(who string) (name, place string, a *app.App) {
	name, place, _ = strings.Cut(who, "@")
	return name, place, s.apps[place]
}

func (s *script) viewer(who string) *auth.Viewer {
	return &auth.Viewer{AccountID: s.ids[who], Role: auth.RoleUser, Member: true, Lang: "fr"}
}

func (s *script) host(place string) string { return hostOf(place, s.port) }

func (s *script) follows(ctx context.Context) error {
	for _, f := range follows {
		_, place, a := s.split(f[0])
		name, other, _ := s.split(f[1])
		target := s.ids[f[1]]
		if other != place {
			var err error
			if target, err = a.Engine.Account(ctx, name, s.host(other)); err != nil {
				return fmt.Errorf("%s looks for %s: %w", f[0], f[1], err)
			}
		}
		if err := a.Follows.Follow(ctx, s.ids[f[0]], target, nil); err != nil {
			return fmt.Errorf("%s follows %s: %w", f[0], f[1], err)
		}
	}
	return nil
}

func (s *script) write(ctx context.Context) error {
	for _, e := range posts {
		_, place, a := s.split(e.who)
		d := post.Draft{Text: s.text(e.text), Lang: "fr", Audience: e.audience}
		if e.replyTo != "" {
			parent, err := s.find(ctx, place, e.replyTo)
			if err != nil {
				return err
			}
			d.ReplyTo = parent.ID
		}
		p, err := a.Posts.Create(ctx, s.viewer(e.who), d)
		if err != nil {
			return fmt.Errorf("%s writes %q: %w", e.who, e.key, err)
		}
		s.posts[e.key] = p
	}
	return nil
}

func (s *script) text(t string) string {
	for _, p := range movement {
		t = strings.ReplaceAll(t, "%"+p.key+"%", s.host(p.key))
	}
	return t
}

// find gives an entry's post as another place knows it, once it has arrived.
func (s *script) find(ctx context.Context, place, key string) (*post.Post, error) {
	uri := s.posts[key].URI
	for wait := time.Millisecond; ; wait *= 2 {
		p, err := post.RawByURI(ctx, s.apps[place].DB.Read(), uri)
		if err == nil {
			return p, nil
		}
		if wait > time.Second {
			// Nobody there follows its author: it is fetched, as when somebody opens its address.
			return s.apps[place].Posts.Ensure(ctx, s.apps[place].Engine, uri)
		}
		time.Sleep(wait)
	}
}

func (s *script) react(ctx context.Context) error {
	for _, b := range boosts {
		if err := s.each(ctx, b, (*post.Service).Boost); err != nil {
			return err
		}
	}
	for _, l := range likes {
		if err := s.each(ctx, l, (*post.Service).Like); err != nil {
			return err
		}
	}
	return nil
}

func (s *script) each(ctx context.Context, what [2]string, do func(*post.Service, context.Context, *auth.Viewer, int64) (*post.Post, error)) error {
	_, place, a := s.split(what[0])
	p, err := s.find(ctx, place, what[1])
	if err != nil {
		return err
	}
	if _, err := do(a.Posts, ctx, s.viewer(what[0]), p.ID); err != nil {
		return fmt.Errorf("%s reacts to %q: %w", what[0], what[1], err)
	}
	return nil
}

// settle waits until no instance has anything left to do.
func (s *script) settle(ctx context.Context) error {
	for range 3 { // what one delivers, another answers
		for _, a := range s.apps {
			if err := a.Idle(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
