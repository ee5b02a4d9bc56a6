package event

import "time"

// Dates are the first n dates of a rhythm that begins with first.
func Dates(repeat string, first time.Time, n int) []time.Time {
	rule, ok := ruleOf(repeat, first)
	if !ok {
		return nil
	}
	return dates(rule, first, first.Add(-time.Second), n)
}

// KeepTimes and Chapters let tests name what no page takes.
var KeepTimes = keepTimes

// ClockChapters are the chapters of points, as « 1:02 Title ».
func ClockChapters(items []Item, recordingAt int64) (out []string) {
	for _, x := range chapters(items, recordingAt) {
		out = append(out, clockOf(x.At)+" "+x.Title)
	}
	return out
}
