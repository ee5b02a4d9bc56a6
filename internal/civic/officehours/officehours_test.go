package officehours_test

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/civic"
	"github.com/maillage/maillage/internal/civic/officehours"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/testkit"
)

var ctx = context.Background()

func engines() map[string]testkit.Engine {
	return map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres}
}

var slot = regexp.MustCompile(`name="slot" value="(\d+)"`)

// TestStory: a member offers hours; another books, and only the two know; a
// third cannot have the same moment; each may cancel, and the other is told.
func TestStory(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) { story(t, testkit.NewOn(t, e)) })
	}
}

func story(t *testing.T, n *testkit.Node) {
	for _, who := range []string{"ana", "bob", "eve"} {
		n.Person(who, false)
	}
	ana, bob, eve := n.SignIn("ana"), n.SignIn("bob"), n.SignIn("eve")
	ana.Open("/permanences/nouvelle").Submit("/permanences/nouvelle", map[string]string{"title": "", "from": "18:00", "to": "18:10"})
	if ana.Status != http.StatusUnprocessableEntity || !ana.Has("Le titre manque") || !ana.Has("Donnez un lieu") || !ana.Has("La fin vient trop tôt") {
		t.Fatalf("%d %s", ana.Status, ana.Text())
	}
	ana.Submit("/permanences/nouvelle", map[string]string{"title": "Permanence logement", "from": "18:00", "to": "19:00", "slot": "20", "place": "Local", "video_url": "https://visio.example/secret", "phone": "1"})
	if !ana.Has("Permanence logement") || !ana.Has("C’est votre permanence") {
		t.Fatal(ana.Text())
	}
	at := ana.URL.Path
	if bob.Open("/permanences"); !bob.Has("Permanence logement") || !bob.Has("18 moments libres") && !bob.Has("17 moments libres") && !bob.Has("21 moments libres") {
		t.Errorf("the list: %s", bob.Text())
	}
	bob.Open(at)
	if strings.Contains(bob.Body, "visio.example") {
		t.Error("the link is shown before booking")
	}
	all := slot.FindAllStringSubmatch(bob.Body, -1)
	if len(all) < 15 {
		t.Fatalf("%d moments", len(all))
	}
	bob.Submit(at, map[string]string{"slot": all[0][1], "way": "phone"})
	if bob.Status != http.StatusUnprocessableEntity || !bob.Has("Donnez votre numéro") {
		t.Errorf("by phone without a number: %s", bob.Text())
	}
	bob.Submit(at, map[string]string{"slot": all[0][1], "way": "video", "note": "Mon bailleur ne répond pas"})
	if !bob.Has("Votre rendez-vous est pris") || !strings.Contains(bob.Body, "visio.example") {
		t.Fatal(bob.Text())
	}
	booking := bob.URL.Path
	if body := bob.Open(booking + "/date.ics").Body; !strings.Contains(body, "BEGIN:VTIMEZONE") || !strings.Contains(body, "Permanence logement") {
		t.Errorf("calendar: %s", body)
	}
	// Eve sees that it is taken, and nothing else.
	eve.Open(at)
	if strings.Contains(eve.Body, `value="`+all[0][1]+`"`) || eve.Has("bailleur") {
		t.Error("eve sees what bob booked")
	}
	for _, page := range []string{booking, booking + "/date.ics"} {
		if eve.Open(page); eve.Status != http.StatusNotFound {
			t.Errorf("eve opens %s: %d", page, eve.Status)
		}
	}
	eve.Open(at).Submit(at, map[string]string{"slot": all[0][1], "way": "room"})
	if eve.Status != http.StatusUnprocessableEntity || !eve.Has("vient d’être pris") {
		t.Errorf("two have one moment: %d %s", eve.Status, eve.Text())
	}
	if n.NewBrowser().Open("/permanences").Has("Permanence logement") {
		t.Error("strangers see the section's office hours")
	}
	if ana.Open("/notifications"); !ana.Has("J’ai pris rendez-vous") || !ana.Has("Mon bailleur ne répond pas") {
		t.Errorf("ana is not told: %s", ana.Text())
	}
	if ana.Open(booking); !ana.Has("bailleur") || !ana.Has("bob") {
		t.Errorf("ana's view: %s", ana.Text())
	}
	ana.Submit(booking+"/annuler", nil)
	if bob.Open("/notifications"); !bob.Has("J’ai annulé notre rendez-vous") {
		t.Errorf("bob is not told: %s", bob.Text())
	}
	if bob.Open(at); !strings.Contains(bob.Body, `value="`+all[0][1]+`"`) {
		t.Error("the moment is not free again")
	}
	// A day off gives back what was booked on it.
	bob.Submit(at, map[string]string{"slot": all[0][1], "way": "room"})
	ms, _ := strconv.ParseInt(all[0][1], 10, 64)
	ana.Open(at).Submit(at+"/fermer", map[string]string{"day": time.UnixMilli(ms).In(paris(t)).Format(time.DateOnly)})
	if !ana.Has("Vous ne recevez pas ce jour-là") {
		t.Error(ana.Text())
	}
	if bob.Open(at); strings.Contains(bob.Body, `value="`+all[0][1]+`"`) {
		t.Error("a day off can be booked")
	}
	if left := count(t, n, "office_booking"); left != 0 {
		t.Errorf("%d bookings on the day off", left)
	}
	// A reminder comes once.
	bob.Submit(at, map[string]string{"slot": all[len(all)-1][1], "way": "room"})
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update job set run_at = 0 where kind = 'officehours.remind'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	testkit.Cluster{n}.Settle()
	if bob.Open("/notifications"); strings.Count(bob.Text(), "Petit rappel") != 1 {
		t.Errorf("reminders: %s", bob.Text())
	}
	if err := n.Accounts.Delete(ctx, n.Person("ana", false).ID); err != nil {
		t.Fatal(err)
	}
	if count(t, n, "office_hours")+count(t, n, "office_booking")+count(t, n, "office_closed") != 0 {
		t.Error("rows are left of a deleted account")
	}
}

func count(t *testing.T, n *testkit.Node, table string) int {
	t.Helper()
	c, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from `+table)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func paris(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// TestOneOfMany: of many who want one moment at once, one has it.
func TestOneOfMany(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			s := officehours.New(civic.Trunk{Config: n.Config, DB: n.DB, IDs: n.Accounts.IDs, Log: testkit.Logs(), Accounts: n.Accounts, Notify: n.Notify, Posts: n.Posts})
			n.Person("ana", false)
			o, err := s.Create(ctx, n.Viewer("ana"), officehours.Draft{Title: "Permanence", Place: "Local", Zone: "Indian/Reunion", Weekday: "3", From: "09:00", To: "10:00", Slot: "30"})
			if err != nil {
				t.Fatal(err)
			}
			at := o.Free(time.Now())[0]
			if here := at.In(o.Location()); here.Hour() != 9 || here.Weekday() != time.Wednesday {
				t.Errorf("the first moment is %v", here)
			}
			const many = 8
			names := []string{"bob", "eve", "gus", "ida", "jan", "kim", "lea", "max"}
			for _, who := range names {
				n.Person(who, false)
			}
			var wg sync.WaitGroup
			got := make([]error, many)
			for i := range many {
				v := n.Viewer(names[i])
				wg.Go(func() { _, got[i] = s.Book(ctx, v, o, at, officehours.Room, "", "") })
			}
			wg.Wait()
			have := 0
			for _, err := range got {
				if err == nil {
					have++
				} else if !apperr.Is(err, apperr.KindInvalid) {
					t.Error(err)
				}
			}
			if have != 1 || count(t, n, "office_booking") != 1 {
				t.Errorf("%d have the moment, %d rows", have, count(t, n, "office_booking"))
			}
		})
	}
}

// TestClocks: the hour of the slots is that of the place on both sides of a change of clocks.
func TestClocks(t *testing.T) {
	for _, x := range []struct {
		zone string
		now  string
		utc  map[string]string // day to first hour
	}{
		{"Europe/Paris", "2027-03-20T00:00:00Z", map[string]string{"2027-03-25": "17:00", "2027-04-01": "16:00"}},
		{"Europe/Paris", "2027-10-20T00:00:00Z", map[string]string{"2027-10-28": "16:00", "2027-11-04": "17:00"}},
		{"Indian/Reunion", "2027-03-20T00:00:00Z", map[string]string{"2027-03-25": "14:00", "2027-04-01": "14:00"}},
		{"America/Miquelon", "2027-03-01T00:00:00Z", map[string]string{"2027-03-11": "21:00", "2027-03-18": "20:00"}},
	} {
		now, err := time.Parse(time.RFC3339, x.now)
		if err != nil {
			t.Fatal(err)
		}
		o := &officehours.Offer{Zone: x.zone, Weekday: 4, Begins: 18 * 60, Ends: 19 * 60, Slot: 30, FirstDay: "2027-01-01"}
		first := map[string]string{}
		for _, s := range o.Free(now) {
			if day := s.Format(time.DateOnly); first[day] == "" {
				first[day] = s.UTC().Format("15:04")
			}
		}
		for day, want := range x.utc {
			if first[day] != want {
				t.Errorf("%s on %s: %s, not %s", x.zone, day, first[day], want)
			}
		}
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// TestLongOrPastHours: what is too long for its field, and a last day that is past, is
// told beside the field, and nothing is cut.
func TestLongOrPastHours(t *testing.T) {
	n := testkit.New(t)
	ana := n.SignIn("ana")
	for field, typed := range map[string]string{"title": strings.Repeat("t", 200), "note": strings.Repeat("n", 400), "place": strings.Repeat("p", 400), "last_day": "2020-01-02"} {
		fields := map[string]string{"title": "Permanence", "place": "Local"}
		if field == "last_day" {
			fields["first_day"] = "2020-01-01"
		}
		fields[field] = typed
		ana.Open("/permanences/nouvelle").Submit("/permanences/nouvelle", fields)
		if ana.Status != 422 || !strings.Contains(ana.Body, `id="`+field+`-error"`) || !strings.Contains(ana.Body, typed) {
			t.Errorf("%s: %d %s", field, ana.Status, ana.Text())
		}
	}
}
