package picture_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/media/picture"
)

// TestME04Apart: pictures are decoded in another process, the same one for
// several, and what comes out is what would come out here.
//
// Spec: ME4
func TestME04Apart(t *testing.T) {
	p := picture.NewPool(1)
	pid := 0
	for name, b := range map[string][]byte{"jpeg": asJPEG(t, photo(900, 700)), "png": asPNG(t, photo(50, 40)), "animation": asGIF(t, 4, "x")} {
		here, err := picture.Process(b, picture.ForPosts)
		if err != nil {
			t.Fatal(err)
		}
		apart, err := p.Process(t.Context(), b, picture.ForPosts)
		if err != nil || !bytes.Equal(apart.Bytes, here.Bytes) || !bytes.Equal(apart.Small, here.Small) || apart.Blurhash != here.Blurhash || apart.Type != here.Type || apart.SmallW != here.SmallW {
			t.Errorf("%s: %v, %+v", name, err, apart)
		}
		now := p.Running()
		if now == 0 || now == os.Getpid() || pid != 0 && now != pid {
			t.Errorf("%s: process %d after %d, ours is %d", name, now, pid, os.Getpid())
		}
		pid = now
	}
	// It has its own bounds, and nothing of ours.
	if b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ"); err == nil && len(b) > 60 {
		t.Errorf("its environment is %q", b)
	}
	if b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/limits"); err == nil {
		for line := range strings.Lines(string(b)) {
			f := strings.Fields(line)
			switch {
			case strings.HasPrefix(line, "Max data size") && (len(f[3]) > 10 || f[3] == "unlimited"),
				strings.HasPrefix(line, "Max file size") && f[3] != "0",
				strings.HasPrefix(line, "Max cpu time") && (len(f[3]) != 2 || f[3] < "21"):
				t.Error(line)
			}
		}
	}
	// What is wrong with a file is told as here.
	for _, b := range [][]byte{[]byte("<svg/>"), asPNG(t, photo(80, 80))[:200], asJPEG(t, photo(80, 80))[:300]} {
		_, here := picture.Process(b, picture.ForPosts)
		_, apart := p.Process(t.Context(), b, picture.ForPosts)
		for _, e := range []error{picture.ErrType, picture.ErrSize, picture.ErrBroken} {
			if errors.Is(here, e) != errors.Is(apart, e) {
				t.Errorf("%v here, %v apart", here, apart)
			}
		}
	}
	if p.Running() != pid {
		t.Error("a broken file ends the decoder")
	}
}

// TestME04LargestPictures: what the limits let in is made within the memory given.
//
// Spec: ME4
func TestME04LargestPictures(t *testing.T) {
	p := picture.NewPool(1)
	r, err := p.Process(t.Context(), asPNG(t, photo(8000, 5000)), picture.ForPosts)
	if err != nil || r.Width != 2560 {
		t.Errorf("40 million pixels: %v", err)
	}
}

// TestME04Harm: a decoder that takes memory or time without end, or breaks, is
// ended; the picture is refused and the next one made.
//
// Spec: ME4
func TestME04Harm(t *testing.T) {
	b := asPNG(t, photo(20, 20))
	for name, end := range map[string]string{picture.Hungry: "out of memory", picture.Endless: "the time is over", picture.Crash: "exit status 3"} {
		p := picture.NewPoolOf(name)
		for range 2 {
			_, err := p.Process(t.Context(), b, picture.ForPosts)
			if !errors.Is(err, picture.ErrCostly) || runtime.GOOS == "linux" && !strings.Contains(err.Error(), end) {
				t.Errorf("%s: %v", name, err)
			}
			if p.Running() != 0 {
				t.Errorf("%s: it is kept", name)
			}
		}
	}
	if _, err := picture.NewPoolOf(picture.Writer).Process(t.Context(), b, picture.ForPosts); !errors.Is(err, picture.ErrBroken) && !errors.Is(err, picture.ErrCostly) {
		t.Errorf("a decoder writes files: %v", err)
	}
	// One that does not start is said to.
	if _, err := picture.NewPoolOf(picture.Deaf).Process(t.Context(), b, picture.ForPosts); !errors.Is(err, picture.ErrApart) {
		t.Errorf("%v", err)
	}
}

// TestPoolWaitsNoLongerThanItsContext: who waits leaves with the context, and
// who is at work is ended with it.
func TestPoolWaitsNoLongerThanItsContext(t *testing.T) {
	p := picture.NewPoolOf(picture.Endless)
	b := asPNG(t, photo(8, 8))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	for range 2 {
		go func() { _, err := p.Process(ctx, b, picture.ForPosts); done <- err }()
	}
	cancel()
	for range 2 {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// BenchmarkApart makes a small picture in a decoder that runs, to hold against
// BenchmarkHere: what the way there and back costs.
func BenchmarkApart(b *testing.B) {
	file, p := asPNG(b, photo(64, 48)), picture.NewPool(1)
	for b.Loop() {
		if _, err := p.Process(b.Context(), file, picture.ForPosts); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHere makes the same picture here.
func BenchmarkHere(b *testing.B) {
	file := asPNG(b, photo(64, 48))
	for b.Loop() {
		if _, err := picture.Process(file, picture.ForPosts); err != nil {
			b.Fatal(err)
		}
	}
}
