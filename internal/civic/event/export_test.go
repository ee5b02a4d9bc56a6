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
