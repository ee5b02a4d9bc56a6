package bench_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/config"
)

// BenchmarkOpenInstances measures what one more open instance takes in a process
// that has one already: just opened, and idle, when its database has been closed
// as nobody uses it. Run it with -benchtime 200x.
func BenchmarkOpenInstances(b *testing.B) {
	shared, err := app.NewShared(slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	for i := range b.N + 1 {
		host := fmt.Sprintf("s%d.example", i)
		cfg := &config.Config{Dir: filepath.Join(dir, host), Host: host, Listen: "127.0.0.1:1", Scheme: "http", Name: "Section", Level: "section", LocalTest: true}
		if err := app.Init(b.Context(), cfg, nil, shared); err != nil {
			b.Fatal(err)
		}
	}
	fleet, err := app.NewFleet(dir, shared)
	if err != nil {
		b.Fatal(err)
	}
	open := func(i int) {
		a, err := fleet.Get(b.Context(), fmt.Sprintf("s%d.example", i))
		if err != nil {
			b.Fatal(err)
		}
		if err := a.Idle(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	open(b.N)
	before, goroutines, files := atRest(b), runtime.NumGoroutine(), openFiles(b)
	b.ResetTimer()
	for i := range b.N {
		open(i)
	}
	b.StopTimer()
	each := func(n int) float64 { return float64(n) / float64(b.N) }
	b.ReportMetric(each(atRest(b)-before), "KiB/instance")
	b.ReportMetric(each(runtime.NumGoroutine()-goroutines), "goroutines/instance")
	b.ReportMetric(each(openFiles(b)-files), "files/instance")
	for end := time.Now().Add(5 * time.Minute); openFiles(b) > files && time.Now().Before(end); {
		time.Sleep(time.Second)
	}
	b.ReportMetric(each(atRest(b)-before), "idle-KiB/instance")
	b.ReportMetric(each(openFiles(b)-files), "idle-files/instance")
	if err := fleet.Close(b.Context()); err != nil {
		b.Error(err)
	}
}

var resident = regexp.MustCompile(`RssAnon:\s+(\d+) kB`)

// atRest is how many KiB of its own the process holds when nothing is under way.
func atRest(b *testing.B) int {
	b.Helper()
	time.Sleep(3 * time.Second)
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("only Linux tells what a process holds: ", err)
	}
	n, err := strconv.Atoi(string(resident.FindSubmatch(status)[1]))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func openFiles(b *testing.B) int {
	b.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		b.Skip("only Linux tells what files are open: ", err)
	}
	return len(open)
}
