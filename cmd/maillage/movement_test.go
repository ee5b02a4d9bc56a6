package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shell runs lines of a shell script with the program in its path.
func shell(t *testing.T, script string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-eu", "-c", script)
	cmd.Env = []string{"PATH=" + filepath.Dir(program) + ":/usr/bin:/bin", "HOME=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func shellWorks(t *testing.T, script string) string {
	t.Helper()
	out, err := shell(t, script)
	if err != nil {
		t.Fatalf("%s\n%v\n%s", script, err, out)
	}
	return out
}

// TestMovementAndGroupsFromAShell makes a movement of three running servers with scripts:
// ask, accept, refuse with a reason, leave, and groups on the way.
func TestMovementAndGroupsFromAShell(t *testing.T) {
	type server struct{ dir, host string }
	var s [3]server
	for i := range s {
		s[i].dir, s[i].host = made(t)
		serving(t, s[i].dir, s[i].host)
	}
	top, a, b := s[0], s[1], s[2]
	list := func(x server) string { return shellWorks(t, "maillage movement list --dir '"+x.dir+"'") }
	// says waits until the list of a server has a line with all words: the servers talk in their own time.
	says := func(x server, words ...string) {
		t.Helper()
		var out string
		for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
			out = list(x)
			for line := range strings.Lines(out) {
				has := true
				for _, w := range words {
					has = has && strings.Contains(line, w)
				}
				if has {
					return
				}
			}
		}
		t.Fatalf("%s never says %q:\n%s", x.host, words, out)
	}
	for _, child := range []server{a, b} {
		if out := shellWorks(t, "maillage movement ask '"+top.host+"' --dir '"+child.dir+"'"); !strings.Contains(out, top.host+": asked") {
			t.Errorf("ask: %s", out)
		}
		says(top, "child", child.host, "asked")
	}
	shellWorks(t, "maillage movement accept '"+a.host+"' --level section --territory Isère --organe bureau --dir '"+top.dir+"'")
	shellWorks(t, "maillage movement refuse '"+b.host+"' --reason 'Pas de bureau élu.' --dir '"+top.dir+"'")
	says(a, "parent", top.host, "joined", "section", "Isère")
	says(b, "parent", top.host, "refused", "Pas de bureau élu.")

	address := strings.TrimSpace(shellWorks(t, "maillage group create --dir '"+a.dir+"' --name cellule --owner ana --title Cellule --access movement | tail -n 1"))
	if !strings.HasSuffix(address, "cellule@"+a.host) && !strings.HasSuffix(address, "/groupes/cellule") {
		t.Errorf("the address of the group: %q", address)
	}
	shellWorks(t, "maillage group create --dir '"+a.dir+"' --name velo --owner ana --title 'Le vélo' --access open --posting everyone")
	groups := shellWorks(t, "maillage group list --dir '"+a.dir+"'")
	for _, words := range [][]string{{"@cellule", "Cellule", "movement"}, {"@velo", "Le vélo", "open", "everyone"}} {
		ok := false
		for line := range strings.Lines(groups) {
			n := 0
			for _, w := range words {
				if strings.Contains(line, w) {
					n++
				}
			}
			ok = ok || n == len(words)
		}
		if !ok {
			t.Errorf("the list has no %q:\n%s", words, groups)
		}
	}

	if out, err := shell(t, "maillage movement accept nulle.part.example --dir '"+top.dir+"'"); err == nil || !strings.HasPrefix(out, "maillage: ") {
		t.Errorf("a server that did not ask is accepted: %s", out)
	}
	shellWorks(t, "maillage movement leave --dir '"+a.dir+"'")
	says(top, "child", a.host, "left")
	if out := list(top); strings.Contains(out, "MOVEMENT") {
		t.Errorf("a movement of nobody: %s", out)
	}
	if out, err := shell(t, "maillage movement leave --dir '"+a.dir+"'"); err == nil || !strings.HasPrefix(out, "maillage: ") {
		t.Errorf("leaving twice: %s", out)
	}
}
