//go:build !linux

package picture

import (
	"runtime/debug"
	"time"
)

// confine asks the collector to keep within maxData: elsewhere than on Linux
// the kernel is not asked to hold a decoder to it.
func confine() error {
	debug.SetMemoryLimit(maxData)
	return nil
}

// budget does nothing here: the parent's patience bounds the work.
func budget(time.Duration) error { return nil }
