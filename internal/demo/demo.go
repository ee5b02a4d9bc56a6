package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
)

// Options of a demo.
type Options struct {
	Dir    string    // where the data stays
	Listen string    // loopback address, "127.0.0.1:8080"
	Out    io.Writer // what to tell the person at the terminal
}

// seeded is the file that says that the demo was filled.
const seeded = ".filled"

// Run starts the four instances, fills them the first time, and serves until ctx ends.
func Run(ctx context.Context, o Options, shared *app.Shared) error {
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("%q is no listening address; give one such as 127.0.0.1:8080", o.Listen)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("the demo listens on this machine only; give --listen an address such as 127.0.0.1:%s", port)
	}
	l, err := app.Listen(o.Listen)
	if err != nil {
		return err
	}
	defer l.Close()
	if port == "0" {
		_, port, _ = net.SplitHostPort(l.Addr().String())
	}
	if err := prepare(ctx, o, port, shared); err != nil {
		return err
	}
	fleet, err := app.NewFleet(o.Dir, shared)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return httpx.Serve(ctx, l, fleet, shared.Log) })
	g.Go(func() error { return fleet.Tend(ctx) })
	g.Go(func() error {
		if err := fill(ctx, o, port, fleet); err != nil {
			return err
		}
		tell(o, port)
		return nil
	})
	err = g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (p place) host(port string) string { return hostOf(p.key, port) }

// hostOf is the host of a place as addresses write it: 80 is what http means by itself.
func hostOf(key, port string) string {
	if port == "80" {
		return key + ".localhost"
	}
	return key + ".localhost:" + port
}

// prepare makes the folders that do not exist yet.
func prepare(ctx context.Context, o Options, port string, shared *app.Shared) error {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("the folder %s cannot be made: %w", o.Dir, err)
	}
	for _, p := range movement {
		dir := filepath.Join(o.Dir, p.key)
		cfg, err := config.Load(dir)
		if err == nil {
			if cfg.Host != p.host(port) {
				_, made, found := strings.Cut(cfg.Host, ":")
				if !found {
					made = "80"
				}
				return fmt.Errorf("the demo in %s was made for %s; start it with --listen 127.0.0.1:%s, or remove the folder",
					o.Dir, cfg.Host, made)
			}
			continue
		}
		if !errors.Is(err, os.ErrNotExist) {
			return err
		}
		cfg = &config.Config{Dir: dir, Host: p.host(port), Listen: o.Listen, Scheme: "http", Name: p.name, Level: p.level, LocalTest: true, Mail: config.MailFolder}
		if err := app.Init(ctx, cfg, nil, shared); err != nil {
			return err
		}
	}
	return nil
}

// fill makes the people and their conversations, once.
func fill(ctx context.Context, o Options, port string, fleet *app.Fleet) error {
	mark := filepath.Join(o.Dir, seeded)
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	fmt.Fprintln(o.Out, "Filling the demo: people, follows and posts, federated over HTTP…")
	s := &script{port: port, apps: map[string]*app.App{}, ids: map[string]int64{}, posts: map[string]*post.Post{}}
	for _, p := range movement {
		a, err := fleet.Get(ctx, p.host(port))
		if err != nil {
			return err
		}
		s.apps[p.key] = a
	}
	if err := s.play(ctx); err != nil {
		return fmt.Errorf("the demo could not be filled (remove %s to begin anew): %w", o.Dir, err)
	}
	return os.WriteFile(mark, []byte(time.Now().UTC().Format(time.RFC3339)+"\n"), 0o600)
}

// tell prints where to click and whom to sign in as.
func tell(o Options, port string) {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThe movement is running. Open one of its four servers:\n\n")
	for _, p := range movement {
		var names []string
		for _, who := range p.people {
			n := who.name
			if who.role == "admin" {
				n += " (admin)"
			}
			names = append(names, n)
		}
		fmt.Fprintf(&b, "  http://%-24s %-24s sign in as %s\n", p.host(port), p.name, strings.Join(names, ", "))
	}
	fmt.Fprintf(&b, "\nThe password of everybody is %s. Letters to people without an account are written\nto the folders mail in %[2]s, where the data is. Ctrl+C stops.\n", Password, o.Dir)
	io.WriteString(o.Out, b.String())
}
