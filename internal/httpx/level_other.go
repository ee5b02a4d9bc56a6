//go:build !linux

package httpx

import "time"

// sleepUntil returns at a moment, as exactly as the runtime's timers do.
func sleepUntil(at time.Time) { time.Sleep(time.Until(at)) }
