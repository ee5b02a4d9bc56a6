package event_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/testkit"
)

// TestCapacityUnderConcurrency has a crowd answer at once, change their minds and
// bring others: the room is never overfull, nobody is lost, and nobody waits for
// a seat that is free.
func TestCapacityUnderConcurrency(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			n.Person("ana", true)
			const capacity, people = 5, 9
			p := make1(t, n, "ana", func(d *event.Draft) { d.Capacity, d.Companions, d.Online = "5", "2", true })
			for i := range people {
				n.Person(fmt.Sprintf("p%d", i), false)
			}
			var wg sync.WaitGroup
			last := make([]string, people)
			for i := range people {
				v := n.Viewer(fmt.Sprintf("p%d", i))
				wg.Go(func() {
					rnd := rand.New(rand.NewPCG(7, uint64(i)))
					for range 5 {
						r := event.Reply{Answer: []string{event.Room, event.Room, event.Room, event.Remote, event.No}[rnd.IntN(5)]}
						if r.Answer == event.Room {
							r.Companions = int64(rnd.IntN(3))
						}
						_, err := service(n).Answer(ctx, v, p.ID, r)
						if apperr.Is(err, apperr.KindInvalid) {
							continue // no seats for more companions: what they had stays
						}
						if err != nil {
							t.Error(err)
						}
						last[i] = r.Answer
						if used := seated(t, n, p.ID); used > capacity {
							t.Errorf("%d in a room of %d", used, capacity)
						}
					}
				})
			}
			wg.Wait()
			rows := rowsOf(t, n, p.ID)
			if len(rows) != people {
				t.Errorf("%d answers of %d people", len(rows), people)
			}
			used, waits := int64(0), int64(0)
			for _, r := range rows {
				who := n.Person(fmt.Sprintf("p%d", indexOf(n, r.AccountID, people)), false)
				if want := last[indexOf(n, r.AccountID, people)]; r.Answer != want {
					t.Errorf("%s said %s, stored %s", who.Username, want, r.Answer)
				}
				if r.Answer == event.Room && r.State == event.In {
					used += 1 + r.Companions
				}
				if r.State == event.Waiting && waits == 0 {
					waits = 1 + r.Companions
				}
			}
			if used > capacity || waits > 0 && used+waits <= capacity {
				t.Errorf("%d of %d seats are taken, the first who waits needs %d", used, capacity, waits)
			}
		})
	}
}

func indexOf(n *testkit.Node, id int64, people int) int {
	for i := range people {
		if n.Person(fmt.Sprintf("p%d", i), false).ID == id {
			return i
		}
	}
	return -1
}

func rowsOf(t *testing.T, n *testkit.Node, postID int64) []event.Seat {
	t.Helper()
	rows, err := db.All[event.Seat](ctx, n.DB.Read(), `select id, post_id, account_id, visitor_id, name, message, answer, state, companions, rank, join_uri, present_at, created_at
		from meeting_seat where post_id = $1 order by rank`, postID)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func seated(t *testing.T, n *testkit.Node, postID int64) int64 {
	t.Helper()
	used, err := db.Get[int64](ctx, n.DB.Read(), `select coalesce(sum(1 + companions), 0) from meeting_seat where post_id = $1 and state = 'in' and answer = 'room'`, postID)
	if err != nil {
		t.Error(err)
	}
	return used
}

// TestWaitingListMovesUp: who came first gets the seat, whoever else asks meanwhile.
func TestWaitingListMovesUp(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "bob", "eve", "kim", "lou"} {
		n.Person(who, true)
	}
	p := make1(t, n, "ana", func(d *event.Draft) { d.Capacity, d.Companions = "2", "1" })
	for _, step := range []struct {
		who, answer string
		companions  int64
		state       string
	}{{"bob", event.Room, 1, event.In}, {"eve", event.Room, 1, event.Waiting}, {"kim", event.Room, 0, event.Waiting}, {"bob", event.Room, 0, event.In},
		// One seat is free, but eve comes with another and is first: lou does not overtake.
		{"lou", event.Room, 0, event.Waiting}, {"bob", event.No, 0, event.In}} {
		s, err := say(n, step.who, p, step.answer, step.companions)
		if err != nil || s.State != step.state {
			t.Fatalf("%s: %+v %v", step.who, s, err)
		}
	}
	var got []string
	for _, r := range rowsOf(t, n, p.ID) {
		if r.State == event.In && r.Answer == event.Room {
			got = append(got, fmt.Sprint(r.AccountID == n.Person("eve", true).ID, r.Companions))
		}
	}
	if strings.Join(got, ",") != "true 1" {
		t.Errorf("in the room: %v", got)
	}
	// More room lets the others in.
	d := draft(func(d *event.Draft) { d.Capacity, d.Companions = "4", "1" })
	if err := service(n).Edit(ctx, n.Viewer("ana"), p.ID, d); err != nil {
		t.Fatal(err)
	}
	if used := seated(t, n, p.ID); used != 4 {
		t.Errorf("%d seats taken of 4", used)
	}
	if _, err := say(n, "eve", p, event.Room, 5); !apperr.Is(err, apperr.KindInvalid) {
		t.Errorf("five companions where one may: %v", err)
	}
}
