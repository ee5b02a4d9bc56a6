package sig

import "runtime"

// turns are the places of those who sign with RSA, in the whole process. A post
// that goes to a thousand servers is signed a thousand times, a millisecond each:
// were all that wait to be signed ready to run, whoever reads a page meanwhile
// would stand in line behind a hundred of them each time that a goroutine of
// theirs wakes. Where there are more than two processors, one is left to them.
var turns = make(chan struct{}, atOnce(runtime.GOMAXPROCS(0)))

func atOnce(processors int) int {
	if processors > 2 {
		return processors - 1
	}
	return processors
}

// inTurn runs sign when there is a place.
func inTurn(sign func() error) error {
	turns <- struct{}{}
	defer func() { <-turns }()
	runtime.Gosched() // who waits to run for a moment goes first
	return sign()
}
