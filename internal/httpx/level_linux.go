package httpx

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// sleepUntil returns at a moment, to some microseconds. The runtime's own timers wait
// for whole milliseconds from when they are set, and so end later for who set them later.
func sleepUntil(at time.Time) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil { // no file is left
		time.Sleep(time.Until(at))
		return
	}
	f := os.NewFile(uintptr(fd), "timer")
	defer f.Close()
	left := max(time.Until(at), time.Nanosecond)
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(int64(left))}, nil); err != nil {
		time.Sleep(left)
		return
	}
	var ticks [8]byte
	if _, err := f.Read(ticks[:]); err != nil {
		time.Sleep(time.Until(at))
	}
}
