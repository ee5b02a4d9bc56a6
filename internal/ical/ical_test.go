package ical

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestWrite: lines are folded, texts escaped, the zone's rules are there, and the
// same events are the same bytes. Other programs read it in the tests of the agenda.
func TestWrite(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2027, 3, 28, 18, 0, 0, 0, paris)
	e := Event{UID: "1@x", Start: at, End: at.Add(time.Hour), Zone: "Europe/Paris", Summary: "Été ; où, \\ " + strings.Repeat("é", 60), Status: Confirmed, Description: "a\nb", Created: at, Changed: at}
	got := Write("Agenda", "PUBLISH", []Event{e})
	if !bytes.Equal(got, Write("Agenda", "PUBLISH", []Event{e})) {
		t.Error("written twice, it differs")
	}
	for _, line := range strings.Split(string(got), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\n\r") {
			t.Errorf("%q", line)
		}
	}
	flat := strings.ReplaceAll(string(got), "\r\n ", "")
	for _, want := range []string{"DTSTART;TZID=Europe/Paris:20270328T180000\r\n", `SUMMARY:Été \; où\, \\ éé`, `DESCRIPTION:a\nb`, "X-PUBLISHED-TTL:PT1H", "BEGIN:DAYLIGHT\r\nDTSTART:20270328T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200"} {
		if !strings.Contains(flat, want) {
			t.Errorf("no %q in\n%s", want, flat)
		}
	}
	if one := Write("", "PUBLISH", []Event{{UID: "2", Start: at, End: at, Zone: "UTC", Status: Confirmed}}); bytes.Contains(one, []byte("DTEND")) || bytes.Contains(one, []byte("REFRESH")) || !bytes.Contains(one, []byte("DTSTART:20270328T160000Z")) {
		t.Errorf("%s", one)
	}
	if none := string(Write("Agenda", "PUBLISH", nil)); !strings.Contains(none, "BEGIN:VTIMEZONE\r\nTZID:UTC\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n") {
		t.Errorf("nothing at all: %s", none)
	}
}
