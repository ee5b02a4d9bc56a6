package picture

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

// overWork is the exit code of a decoder that was given no more time.
const overWork = 24

// confine takes away from this process what a decoder does not need: memory
// beyond maxData, files, memory dumps. The kernel holds it to that.
//
// Spec: ME4
func confine() error {
	// Address space that is only reserved does not count, of which the runtime
	// takes much.
	lim := data() + maxData
	for kind, most := range map[int]uint64{syscall.RLIMIT_DATA: lim, syscall.RLIMIT_FSIZE: 0, syscall.RLIMIT_CORE: 0} {
		if err := syscall.Setrlimit(kind, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("picture: limit %d: %w", kind, err)
		}
	}
	debug.SetMemoryLimit(maxData * 3 / 4) // let the collector work before the kernel refuses
	over := make(chan os.Signal, 1)
	signal.Notify(over, syscall.SIGXCPU)
	go func() {
		<-over
		fmt.Fprintln(os.Stderr, "the time is over")
		os.Exit(overWork)
	}()
	return nil
}

// data is what this process has of memory that counts, in bytes, 0 if unknown.
func data() uint64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var pages [6]uint64
	if _, err := fmt.Fscan(strings.NewReader(string(b)), &pages[0], &pages[1], &pages[2], &pages[3], &pages[4], &pages[5]); err != nil {
		return 0
	}
	return pages[5] * uint64(os.Getpagesize())
}

// budget gives this process so much work from now on, in whole seconds of the processor.
func budget(work time.Duration) error {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CPU, &lim); err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	lim.Cur = min(lim.Max, uint64(used.Utime.Sec+used.Stime.Sec)+uint64(work/time.Second)+1)
	if err := syscall.Setrlimit(syscall.RLIMIT_CPU, &lim); err != nil {
		return fmt.Errorf("picture: limit of work: %w", err)
	}
	return nil
}
