package clients_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// toot is a client for the terminal that others wrote, run as its users do.
type toot struct {
	t   *testing.T
	env []string
}

// newToot signs somebody in: the program gives an address, they allow it on the
// page, and copy the code that is shown.
func newToot(t *testing.T, n *testkit.Node, name string) *toot {
	t.Helper()
	if _, err := exec.LookPath("toot"); err != nil {
		missing(t, "toot, a Mastodon client for the terminal, is not installed")
	}
	home := t.TempDir()
	c := &toot{t, append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "NO_PROXY=127.0.0.1", "PYTHONUNBUFFERED=1", "PYTHONIOENCODING=utf-8")}
	n.Person(name, true)
	cmd, cancel := c.command("login", "-i", n.Host, "--disable-https")
	defer cancel()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	part := make([]byte, 1024)
	for !strings.Contains(said.String(), "[Y/n]") {
		k, err := out.Read(part)
		said.Write(part[:k])
		if err != nil {
			t.Fatalf("toot login: %v after %s", err, said.String())
		}
	}
	address := regexp.MustCompile(`http://\S+/oauth/authorize\S*`).FindString(said.String())
	if _, err := io.WriteString(in, "n\n"+allow(n, name, address)+"\n"); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(out)
	if err := cmd.Wait(); err != nil || !strings.Contains(string(rest), "Successfully logged in") {
		t.Fatalf("toot login: %v\n%s%s", err, said.String(), rest)
	}
	return c
}

func (c *toot) command(args ...string) (*exec.Cmd, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(c.t.Context(), 60*time.Second)
	cmd := exec.CommandContext(ctx, "toot", append(args, "--no-color")...)
	cmd.Env = c.env
	return cmd, cancel
}

// try runs a command.
func (c *toot) try(args ...string) (string, error) {
	cmd, cancel := c.command(args...)
	defer cancel()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// run runs a command that must succeed and print all of want.
func (c *toot) run(args []string, want ...string) string {
	c.t.Helper()
	out, err := c.try(args...)
	if err != nil {
		c.t.Fatalf("toot %q: %v\n%s", args, err, out)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			c.t.Errorf("toot %q prints no %q:\n%s", args, w, out)
		}
	}
	return out
}

// refused runs a command that must fail with words of ours.
func (c *toot) refused(args []string, want string) {
	c.t.Helper()
	out, err := c.try(args...)
	if err == nil || !strings.Contains(out, want) || strings.Contains(out, "Traceback") {
		c.t.Errorf("toot %q: %v, without %q:\n%s", args, err, want, out)
	}
}

var (
	tootID  = regexp.MustCompile(`ID (\d+)`)
	posted  = regexp.MustCompile(`/(\d+)\s*$`)
	mediaID = regexp.MustCompile(`media ID (\d+)`)
)

// first is what a pattern finds in what was printed.
func (c *toot) first(re *regexp.Regexp, out string) string {
	c.t.Helper()
	m := re.FindStringSubmatch(strings.TrimSpace(out))
	if m == nil {
		c.t.Fatalf("no %s in:\n%s", re, out)
	}
	return m[1]
}

// TestToot tells of somebody who follows from a terminal who writes elsewhere.
func TestToot(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	here, there := c[0], c[1]
	there.Person("zoe", true)
	ana := newToot(t, here, "ana")
	zoe := "zoe@" + there.Host

	ana.run([]string{"follow", zoe}, "following")
	c.Settle()
	ana.run([]string{"following", "ana"}, zoe)
	if _, err := there.Posts.Create(context.Background(), there.Viewer("zoe"), post.Draft{Text: "Qui vient samedi ?", Audience: post.Public}); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	id := ana.first(tootID, ana.run([]string{"timeline", "-1", "-c", "1"}, "Qui vient samedi", zoe))
	ana.run([]string{"favourite", id}, "favourited")
	ana.run([]string{"reblog", id}, "reblogged")
	ana.run([]string{"post", "-v", "public", "-r", id, "@" + zoe + " Moi !"}, "posted")
	c.Settle()
	ana.run([]string{"thread", id}, "Qui vient samedi", "Moi !")

	var told []masto.Notification
	there.Client("zoe").Get("/api/v1/notifications", &told)
	kinds := map[string]int{}
	for _, n := range told {
		kinds[n.Type]++
	}
	for _, k := range []string{"follow", "favourite", "reblog", "mention"} {
		if kinds[k] != 1 {
			t.Errorf("on the other server: %d notifications of %q, want one (%v)", kinds[k], k, kinds)
		}
	}
	ana.run([]string{"unfollow", zoe}, "no longer")
}

// TestDayWithToot is a whole day of ana at her terminal.
func TestDayWithToot(t *testing.T) {
	everywhere(t, func(t *testing.T, n *testkit.Node) {
		ana := newToot(t, n, "ana")
		ana.run([]string{"auth"}, "ana@"+n.Host)
		ana.run([]string{"whoami"}, "@ana")
		ana.run([]string{"whois", "bea"}, "@bea")
		ana.run([]string{"instance", n.Host, "--disable-https"}, "Section de test")

		photo := filepath.Join(t.TempDir(), "photo.png")
		if err := os.WriteFile(photo, picture(t), 0o600); err != nil {
			t.Fatal(err)
		}
		ana.first(mediaID, ana.run([]string{"upload", photo, "-d", "Un bleu"}, "type 'image'"))
		id := ana.posts(n, photo)
		ana.hears(n, id)
		ana.keeps(id)
		ana.sorts(n)
		ana.keepsApart(n)
		ana.ends(n, id)
	})
}

// posts publishes a photograph with a warning, and writes for later.
func (c *toot) posts(n *testkit.Node, photo string) string {
	c.t.Helper()
	out := c.run([]string{"post", "-v", "public", "-m", photo, "-d", "Un dégradé", "-s", "-p", "Image", "-l", "fr", "Notre #affiche"}, "posted")
	id := c.first(posted, out)
	var s masto.Status
	n.Client("ana").Get("/api/v1/statuses/"+id, &s)
	if len(s.MediaAttachments) != 1 || *s.MediaAttachments[0].Description != "Un dégradé" || s.SpoilerText != "Image" || !s.Sensitive || *s.Language != "fr" {
		c.t.Errorf("posted: %+v", s)
	}
	c.run([]string{"timeline", "-1"}, "affiche")
	c.run([]string{"timeline", "-1", "--public", "--local"}, "affiche")
	c.run([]string{"timeline", "-1", "--tag", "affiche"}, "affiche")
	c.run([]string{"post", "-v", "private", "--scheduled-in", "2 hours", "Rappel"}, "scheduled")
	c.refused([]string{"post", "-v", "public", strings.Repeat("trop ", 3000)}, "dépasse")
	c.refused([]string{"post", "-v", "secret", "Bonjour"}, "secret")
	return id
}

// hears reads what others answered.
func (c *toot) hears(n *testkit.Node, id string) {
	c.t.Helper()
	client := n.Client("bea")
	client.Post("/api/v1/statuses/"+id+"/favourite", nil, nil)
	client.Post("/api/v1/statuses/"+id+"/reblog", nil, nil)
	client.Post("/api/v1/statuses", dict{"status": "@ana Superbe !", "in_reply_to_id": id, "visibility": "public"}, nil)
	settle(n)
	c.run([]string{"notifications"}, "bea", "Superbe", "favourited", "reblogged")
	c.run([]string{"notifications", "--mentions"}, "Superbe")
	c.run([]string{"thread", id}, "affiche", "Superbe")
	c.run([]string{"reblogged_by", id}, "bea")
	c.run([]string{"followers", "ana"}, "@bea")
	c.run([]string{"notifications", "--clear"}, "Cleared")
	c.run([]string{"notifications"}, "No notification")
}

// keeps bookmarks, pins, likes and boosts, and takes it all back.
func (c *toot) keeps(id string) {
	c.t.Helper()
	c.run([]string{"bookmark", id}, "bookmarked")
	c.run([]string{"bookmarks", "-1"}, "affiche")
	c.run([]string{"unbookmark", id}, "unbookmarked")
	for _, act := range []string{"favourite", "unfavourite", "reblog", "unreblog", "pin", "unpin"} {
		c.run([]string{act, id}, "✓")
	}
	c.refused([]string{"favourite", "1"}, "Record not found")
}

// sorts finds people and topics, and reads a list.
func (c *toot) sorts(n *testkit.Node) {
	c.t.Helper()
	c.run([]string{"search", "bea"}, "@bea")
	c.run([]string{"search", "affiche"}, "#affiche")
	c.run([]string{"search", "-r", n.URL + "/@bea"}, "@bea")
	c.run([]string{"tags_follow", "affiche"}, "#affiche")
	c.run([]string{"tags_followed"}, "affiche")
	c.run([]string{"tags_unfollow", "affiche"}, "no longer")
	var list masto.UserList
	client := n.Client("ana")
	client.Post("/api/v1/lists", dict{"title": "Bureau"}, &list)
	client.Post("/api/v1/lists/"+list.ID+"/accounts", dict{"account_ids": []string{masto.ID(n.Person("bea", true).ID)}}, nil)
	n.Client("bea").Post("/api/v1/statuses", dict{"status": "Pour la liste", "visibility": "public"}, nil)
	settle(n)
	c.run([]string{"timeline", "-1", "--list", list.ID}, "Pour la liste")
}

// keepsApart mutes, blocks and meets again; a blocked person is still found.
func (c *toot) keepsApart(n *testkit.Node) {
	c.t.Helper()
	c.run([]string{"mute", "bea"}, "muted")
	c.run([]string{"unmute", "bea"}, "no longer muted")
	c.run([]string{"block", "bea"}, "blocking")
	c.run([]string{"unblock", "bea"}, "no longer blocked")
	c.run([]string{"follow", "bea"}, "following")
	settle(n)
	c.run([]string{"following", "ana"}, "@bea")
}

// ends deletes the post and signs out.
func (c *toot) ends(n *testkit.Node, id string) {
	c.t.Helper()
	c.run([]string{"delete", id}, "deleted")
	c.refused([]string{"thread", id}, "Record not found")
	c.run([]string{"logout", "ana@" + n.Host}, "logged out")
	c.run([]string{"timeline", "-1"}, "requires that you are logged in")
}
