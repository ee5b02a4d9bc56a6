package testkit_test

import (
	"context"
	"encoding/json"
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

// toot is a client that others wrote, run as its users do.
type toot struct {
	t   *testing.T
	env []string
}

// newToot prepares a configuration in which name is signed in.
func newToot(t *testing.T, n *testkit.Node, name string) *toot {
	t.Helper()
	if _, err := exec.LookPath("toot"); err != nil {
		if os.Getenv("MAILLAGE_REQUIRE") == "1" {
			t.Fatal("toot, a Mastodon client for the terminal, is not installed")
		}
		t.Skip("toot, a Mastodon client for the terminal, is not installed")
	}
	user, home := name+"@"+n.Host, t.TempDir()
	conf, err := json.Marshal(map[string]any{
		"apps":        map[string]any{n.Host: map[string]string{"instance": n.Host, "base_url": n.URL, "client_id": "-", "client_secret": "-"}},
		"users":       map[string]any{user: map[string]string{"instance": n.Host, "username": name, "access_token": n.Token(name)}},
		"active_user": user,
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, ".config", "toot")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), conf, 0o600); err != nil {
		t.Fatal(err)
	}
	return &toot{t, append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "NO_PROXY=127.0.0.1")}
}

// run runs a command that must succeed and print all of want.
func (c *toot) run(args []string, want ...string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "toot", append(args, "--no-color")...)
	cmd.Env = c.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("toot %q: %v\n%s", args, err, out)
	}
	for _, w := range want {
		if !strings.Contains(string(out), w) {
			c.t.Errorf("toot %q prints no %q:\n%s", args, w, out)
		}
	}
	return string(out)
}

var tootID = regexp.MustCompile(`ID (\d+)`)

// TestToot tells the first day of somebody who uses us from a terminal.
func TestToot(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	here, there := c[0], c[1]
	here.Person("ana", true)
	there.Person("zoe", true)
	ana := newToot(t, here, "ana")
	zoe := "zoe@" + there.Host

	ana.run([]string{"post", "-v", "private", "Bonjour depuis le terminal"}, "posted")
	ana.run([]string{"timeline", "-1"}, "Bonjour depuis le terminal")
	ana.run([]string{"follow", zoe}, "following")
	c.Settle()
	ana.run([]string{"following", "ana"}, zoe)

	if _, err := there.Posts.Create(context.Background(), there.Viewer("zoe"), post.Draft{Text: "Qui vient samedi ?", Audience: post.Public}); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	out := ana.run([]string{"timeline", "-1", "-c", "1"}, "Qui vient samedi", zoe)
	id := tootID.FindStringSubmatch(out)
	if id == nil {
		t.Fatalf("no id in:\n%s", out)
	}
	ana.run([]string{"favourite", id[1]}, "favourited")
	ana.run([]string{"reblog", id[1]}, "reblogged")
	ana.run([]string{"post", "-v", "public", "-r", id[1], "@" + zoe + " Moi !"}, "posted")
	c.Settle()
	ana.run([]string{"thread", id[1]}, "Qui vient samedi", "Moi !")

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
