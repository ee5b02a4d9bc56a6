// Package ids makes the identifiers of an instance.
//
// API ids are 63-bit integers sorted by time, written as decimal strings on
// the wire as Mastodon clients expect. Notification ids stay below 2^53, since
// some clients read them as JavaScript numbers. Object keys are 128 random
// bits: the URI of an object says nothing about its author, its rank or the
// number of objects before it.
package ids

import (
	"crypto/rand"
	"encoding/base32"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Maker gives ascending ids. The zero value is ready; one belongs to each instance.
type Maker struct {
	mu   sync.Mutex
	last int64
	note int64
}

const seqBits = 20

// New gives an id: unix milliseconds shifted left by 20 bits, never twice and always ascending.
func (m *Maker) New() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := At(time.Now())
	if id <= m.last {
		id = m.last + 1
	}
	m.last = id
	return id
}

// NewNotification gives an ascending id below 2^53: milliseconds shifted left by 11 bits.
func (m *Maker) NewNotification() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := time.Now().UnixMilli() << 11
	if id <= m.note {
		id = m.note + 1
	}
	m.note = id
	return id
}

// At is the smallest id of the moment t.
func At(t time.Time) int64 { return t.UnixMilli() << seqBits }

// Near gives an id for something that happened at t in the past; random low bits keep two of one moment apart.
func Near(t time.Time) int64 {
	var b [3]byte
	rand.Read(b[:])
	return At(t) | (int64(b[0])<<16|int64(b[1])<<8|int64(b[2]))&(1<<seqBits-1)
}

// Time is the moment in which id was made.
func Time(id int64) time.Time { return time.UnixMilli(id >> seqBits) }

// String writes an id as on the wire.
func String(id int64) string { return strconv.FormatInt(id, 10) }

// Parse reads an id as on the wire; ok is false for anything but a positive decimal.
func Parse(s string) (id int64, ok bool) {
	if s == "" || len(s) > 19 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil && id > 0
}

var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Key gives 128 random bits in 26 lower-case letters and digits, for object URIs.
func Key() string {
	var b [16]byte
	rand.Read(b[:])
	return lower.EncodeToString(b[:])
}
