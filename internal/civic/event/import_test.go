package event_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/testkit"
)

// calendarFile is what another program exports: a meeting, and one that comes again.
func calendarFile() string {
	at := time.Now().AddDate(0, 0, 12)
	return strings.ReplaceAll("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//FR\nBEGIN:VEVENT\nUID:1@x\nSUMMARY:Fête du quartier\nLOCATION:Place du marché\nDTSTART;TZID=Europe/Paris:"+
		at.Format("20060102")+"T180000\nDURATION:PT2H\nEND:VEVENT\nBEGIN:VEVENT\nUID:2@x\nSUMMARY:Bureau\nLOCATION:Local\nDTSTART;TZID=Europe/Paris:"+at.AddDate(0, 0, 1).Format("20060102")+
		"T190000\nRRULE:FREQ=WEEKLY;COUNT=3\nEND:VEVENT\nEND:VCALENDAR\n", "\n", "\r\n")
}

// take goes through the second step with all that is offered.
func take(t *testing.T, n *testkit.Node, b *testkit.Browser) {
	t.Helper()
	if b.Status != http.StatusOK || !b.Has("Fête du quartier") || !b.Has("Bureau") {
		t.Fatalf("%d %s", b.Status, b.Text())
	}
	keys := valueOf.FindAllStringSubmatch(b.Body, -1)
	if len(keys) != 2 {
		t.Fatal(keys)
	}
	b.Submit("/agenda/importer", map[string]string{"take": keys[0][1]})
	if b.Open("/agenda?vue=liste"); !b.Has("Fête du quartier") || b.Has("Bureau") {
		t.Errorf("what was ticked is not what was taken: %s", b.Text())
	}
	if got := rowsWhere[struct{ PostID int64 }](t, n, `select post_id from meeting`); len(got) != 1 {
		t.Errorf("%d meetings", len(got))
	}
}

// TestImportFile brings a calendar by a file; files that are too big, none or
// empty are refused at the field, in words.
func TestImportFile(t *testing.T) {
	n := testkit.New(t)
	bob := n.SignIn("bob").Open("/agenda/importer")
	for name, x := range map[string]struct{ file, says string }{
		"too big":   {calendarFile() + strings.Repeat("X-Y:z\r\n", 160000), "trop grand"},
		"a picture": {"\x89PNG\r\n\x1a\n" + strings.Repeat("\x00\xff", 5000), "Aucune réunion n’a été trouvée dans ce fichier"},
		"a page":    {"<!doctype html><title>x</title>", "Aucune réunion n’a été trouvée dans ce fichier"},
		"no dates":  {"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", "Aucune réunion n’a été trouvée dans ce fichier"},
	} {
		if bob.Open("/agenda/importer").SubmitFiles("/agenda/importer", nil, map[string][]byte{"file": []byte(x.file)}); bob.Status != http.StatusUnprocessableEntity || !bob.Has(x.says) {
			t.Errorf("%s: %d %s", name, bob.Status, bob.Text())
		}
	}
	if bob.Open("/agenda/importer").SubmitFiles("/agenda/importer", nil, map[string][]byte{"file": bytes.Repeat([]byte("x"), 3<<20)}); bob.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("three megabytes: %d", bob.Status)
	}
	take(t, n, bob.Open("/agenda/importer").SubmitFiles("/agenda/importer", nil, map[string][]byte{"file": []byte(calendarFile())}))
}

// TestImportAddress brings a calendar by its address, webcal too; addresses inside
// of a network, redirects there, what is no calendar, too long or silent are refused.
func TestImportAddress(t *testing.T) {
	n := testkit.New(t)
	hit := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hit++
		switch r.URL.Path {
		case "/agenda.ics":
			w.Header().Set("Content-Type", "text/calendar")
			fmt.Fprint(w, calendarFile())
		case "/inside":
			http.Redirect(w, r, "http://10.0.0.1/agenda.ics", http.StatusFound)
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest/", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/page":
			fmt.Fprint(w, "<!doctype html><title>Agenda</title>")
		case "/long":
			fmt.Fprint(w, calendarFile()+strings.Repeat("X-Y:z\r\n", 400000))
		case "/gone":
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer srv.Close()
	bob := n.SignIn("bob")
	ask := func(address string) *testkit.Browser {
		t.Helper()
		return bob.Open("/agenda/importer").Submit("/agenda/importer", map[string]string{"address": address})
	}
	for address, says := range map[string]string{
		srv.URL + "/inside": "Rien n’a été lu", srv.URL + "/metadata": "Rien n’a été lu", srv.URL + "/file": "Rien n’a été lu", srv.URL + "/round": "Rien n’a été lu", srv.URL + "/gone": "Rien n’a été lu",
		srv.URL + "/long": "Rien n’a été lu", srv.URL + "/page": "pas par un calendrier", "http://192.168.1.1/a.ics": "Rien n’a été lu", "https://[::ffff:10.0.0.1]/a.ics": "Rien n’a été lu",
		"file:///etc/passwd": "Rien n’a été lu", "ftp://x.example/a.ics": "Rien n’a été lu", "pas une adresse": "Rien n’a été lu",
	} {
		if ask(address); bob.Status != http.StatusUnprocessableEntity || !bob.Has(says) || !strings.Contains(bob.Body, strings.ReplaceAll(address, "&", "&amp;")) || bob.Has("root:") {
			t.Errorf("%s: %d %s", address, bob.Status, bob.Text())
		}
	}
	take(t, n, ask(srv.URL+"/agenda.ics"))
	for range 40 {
		if ask(srv.URL + "/gone"); bob.Status == http.StatusTooManyRequests {
			break
		}
	}
	if bob.Status != http.StatusTooManyRequests || hit > 40 {
		t.Errorf("calendars are read without end: %d, %d requests", bob.Status, hit)
	}
}

// TestImportBomb: a file that asks for as much work as it can is answered, in bounds.
func TestImportBomb(t *testing.T) {
	n := testkit.New(t)
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
	old := time.Now().AddDate(-29, 0, 0).Format("20060102")
	for i := 0; b.Len() < 900<<10; i++ {
		fmt.Fprintf(&b, "BEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART:%sT180000\r\nRRULE:FREQ=DAILY;UNTIL=%s\r\nEND:VEVENT\r\n", old, time.Now().AddDate(0, 0, -1).Format("20060102"))
	}
	b.WriteString("END:VCALENDAR\r\n")
	bob := n.SignIn("bob").Open("/agenda/importer").SubmitFiles("/agenda/importer", nil, map[string][]byte{"file": []byte(b.String())})
	if bob.Status != http.StatusOK && bob.Status != http.StatusUnprocessableEntity {
		t.Errorf("%d", bob.Status)
	}
}
