package db

import "time"

// Waiting is how many calls of Write wait for their turn.
func Waiting(d *DB) int {
	w := &d.eng.(*sqliteEngine).w
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue)
}

// Rest does at once what happens after a while without use.
func Rest(d *DB) {
	e := d.eng.(*sqliteEngine)
	e.w.rest()
	e.read.SetConnMaxIdleTime(time.Nanosecond)
	for range 1000 {
		if e.read.Stats().OpenConnections == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	e.read.SetConnMaxIdleTime(idleConn)
}

// Connections is how many connections are open.
func Connections(d *DB) int {
	e := d.eng.(*sqliteEngine)
	n := e.read.Stats().OpenConnections
	if e.w.conn != nil {
		n++
	}
	return n
}

// HurryCallbacks shortens the wait of a Write inside of a callback.
func HurryCallbacks(d *DB) { d.cb.wait = 20 * time.Millisecond }

// NapEvery has a Nap look for what others added as often as this.
func NapEvery(n *Nap, every time.Duration) { n.every = every }
