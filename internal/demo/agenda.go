package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/civic"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/civic/officehours"
	"github.com/maillage/maillage/internal/post"
)

// meeting is a date of the demonstration, some days from when it is filled.
type meeting struct {
	who   string
	in    int // days from today
	on    int // rather the first such weekday from then on; -1 for any
	from  string
	to    string
	draft event.Draft
	come  []string // people of the same place who register
	after string   // cancelled, with this reason
	body  string   // in whose name, of the same place
}

const anyDay = -1

// meetings are two months with life in them.
var meetings = []meeting{
	{"nadia@grenoble", 12, int(time.Saturday), "18:00", "20:30", event.Draft{Title: "Réunion de section : le budget de la ville et nos priorités", Audience: post.Public,
		Text:  "La ville vote bientôt son budget. Nous lisons ensemble les trois tableaux qui comptent, puis nous fixons ce que nos élues défendront en notre nom.\n\n#budget",
		Place: "Maison des associations, salle 204", Address: "6, rue des Tilleuls. Tram C, arrêt Tilleuls. Ascenseur, boucle magnétique.", Postcode: "38000", City: "Grenoble",
		RemoteUrl: "https://visio.example/grenoble-centre", Capacity: "40", Companions: "1", Items: []event.Item{
			{At: "18 h", Title: "Accueil et nouvelles de la section", Note: "Nadia Ferrand, 15 min"}, {At: "18 h 15", Title: "Lire le budget : trois tableaux expliqués", Note: "Karim Haddad, 40 min"},
			{At: "18 h 55", Title: "Débat : nos trois priorités", Note: "Inès Carrel anime, 60 min"}, {At: "19 h 55", Title: "Vote de la section", Note: "20 min", Decision: true}}},
		[]string{"awa@grenoble", "karim@grenoble", "ines@grenoble"}, "", ""},
	{"awa@grenoble", 5, int(time.Monday), "19:00", "20:30", event.Draft{Title: "Réunion du bureau", Audience: post.Section, Place: "Maison des associations, salle 12", Postcode: "38000", City: "Grenoble",
		Repeat: "biweekly", Capacity: "10", Items: []event.Item{{Title: "Les comptes du trimestre", Note: "Karim Haddad, 20 min"}, {Title: "Préparer la réunion de section", Decision: true}}}, []string{"karim@grenoble"}, "", "bureau"},
	{"nadia@grenoble", 19, int(time.Wednesday), "18:30", "20:00", event.Draft{Title: "Le bureau répond : un an de mandat", Audience: post.Public, Place: "Bibliothèque du quartier", Postcode: "38100", City: "Grenoble",
		Text: "Posez vos questions avant ou sur place : le bureau répond à toutes."}, []string{"ines@grenoble"}, "", "bureau"},
	{"nadia@grenoble", 3, int(time.Wednesday), "07:30", "09:00", event.Draft{Kind: event.KindAction, Title: "Tractage, gare et cours Berriat", Audience: post.Section, Place: "Parvis de la gare",
		Postcode: "38000", City: "Grenoble", Capacity: "8"}, []string{"ines@grenoble"}, "", ""},
	{"karim@grenoble", 1, int(time.Saturday), "09:00", "12:30", event.Draft{Kind: event.KindAction, Title: "Marché du samedi", Audience: post.Section, Place: "Place aux Herbes", Postcode: "38000",
		City: "Grenoble", Repeat: "weekly"}, []string{"awa@grenoble"}, "", ""},
	{"awa@grenoble", 2, int(time.Tuesday), "18:30", "20:00", event.Draft{Title: "Lire sa facture de chauffage", Audience: post.Public, Text: "Venez avec votre avis d’échéance, on le lit ensemble. #logement",
		Place: "Bibliothèque du quartier", Postcode: "38100", City: "Grenoble", Repeat: "biweekly", Capacity: "12"}, []string{"karim@grenoble", "ines@grenoble"}, "", ""},
	{"ines@grenoble", 9, int(time.Thursday), "20:00", "21:30", event.Draft{Kind: event.KindLive, Title: "Prendre la parole en public, en visio", Audience: post.Section, RemoteUrl: "https://visio.example/parole"},
		[]string{"nadia@grenoble"}, "", ""},
	{"paul@isere", 6, int(time.Friday), "20:30", "22:00", event.Draft{Kind: event.KindLive, Title: "Les budgets locaux, en direct", Audience: post.Public, Online: true, Text: "Trois maires du département répondent. #budget"}, nil, "", ""},
	{"paul@isere", 10, int(time.Monday), "19:00", "21:30", event.Draft{Title: "Conseil fédéral", Audience: post.Public, Place: "Salle des fêtes", Postcode: "38430", City: "Moirans"}, []string{"lucie@isere"}, "", "conseil"},
	{"lucie@isere", 16, int(time.Saturday), "10:00", "12:00", event.Draft{Title: "Assemblée des usagers du train", Audience: post.Public, Place: "Gare, salle d’attente", Postcode: "38300", City: "Bourgoin-Jallieu",
		Text: "#transports"}, []string{"paul@isere"}, "", ""},
	{"solene@voiron", 7, int(time.Sunday), "10:00", "12:00", event.Draft{Title: "Café citoyen", Audience: post.Public, Place: "Café de la place", Postcode: "38500", City: "Voiron", Repeat: "monthly_last"}, []string{"marc@voiron"}, "", ""},
	{"solene@voiron", 4, int(time.Thursday), "20:00", "21:00", event.Draft{Title: "Réunion du bureau", Audience: post.Section, Place: "Local de la rue Grande", Postcode: "38500", City: "Voiron"}, []string{"marc@voiron"}, "", "bureau"},
	{"marc@voiron", 14, int(time.Sunday), "14:00", "17:00", event.Draft{Kind: event.KindAction, Title: "Balade des sources", Audience: post.Public, Place: "Mairie", Postcode: "38500", City: "Coublevie"}, nil,
		"Les chemins sont inondés. Nous la referons au printemps.", ""},
	{"helene@national", 20, int(time.Saturday), "10:00", "18:00", event.Draft{Title: "Rencontre nationale des sections", Audience: post.Public, Place: "Bourse du travail", Postcode: "75010", City: "Paris", Capacity: "300"}, []string{"youssef@national"}, "", "coordination"},
	{"youssef@national", 8, int(time.Wednesday), "19:00", "21:00", event.Draft{Title: "Réunion publique", Audience: post.Public, Place: "Maison du peuple", Postcode: "69003", City: "Lyon"}, nil, "", ""},
	{"youssef@national", 15, int(time.Thursday), "18:30", "20:30", event.Draft{Title: "Réunion publique", Audience: post.Public, Place: "Cité des associations", Postcode: "13001", City: "Marseille"}, nil, "", ""},
	{"youssef@national", 22, int(time.Tuesday), "19:00", "21:00", event.Draft{Title: "Réunion publique", Audience: post.Public, Place: "Salle Courmont", Postcode: "59000", City: "Lille"}, nil, "", ""},
	{"youssef@national", 18, int(time.Friday), "18:00", "20:00", event.Draft{Title: "Réunion publique", Audience: post.Public, Place: "Maison de quartier", Postcode: "97400", City: "Saint-Denis", Zone: "Indian/Reunion"}, nil, "", ""},
	{"youssef@national", 25, int(time.Friday), "18:00", "20:00", event.Draft{Title: "Réunion publique", Audience: post.Public, Place: "Atrium", Postcode: "97200", City: "Fort-de-France", Zone: "America/Martinique"}, nil, "", ""},
	{"nadia@grenoble", -12, anyDay, "18:00", "20:00", event.Draft{Title: "Réunion de rentrée", Audience: post.Section, Place: "Maison des associations, salle 204", Postcode: "38000", City: "Grenoble",
		Minutes: "Vingt-trois personnes. Le calendrier de l’hiver est fixé ; Awa porte la permanence logement.", Items: []event.Item{
			{At: "18 h 30", Title: "Le calendrier de l’hiver", Decision: true, Outcome: "Deux réunions par mois, le samedi"}}}, nil, "", ""},
}

// offers are the office hours.
var offers = []struct {
	who   string
	draft officehours.Draft
	by    string // who books the third moment
}{
	{"solene@voiron", officehours.Draft{Title: "Permanence de Solène Brun, conseillère municipale", Place: "Local de la rue Grande", Phone: true, Weekday: "4", From: "18:00", To: "20:00", Slot: "20"}, "marc@voiron"},
	{"awa@grenoble", officehours.Draft{Title: "Permanence logement", Note: "Charges, expulsions, relogement", Place: "Maison des associations", VideoURL: "https://visio.example/logement", Weekday: "2", From: "17:00", To: "19:00",
		Slot: "30"}, "ines@grenoble"},
}

func trunk(a *app.App) civic.Trunk {
	return civic.Trunk{Config: a.Config, DB: a.DB, IDs: a.Accounts.IDs, Log: a.Shared().Log, Accounts: a.Accounts, Notify: a.Notify, Follows: a.Follows, Posts: a.Posts, Groups: a.Groups, Organes: a.Organes,
		Timeline: a.Timeline, Instance: a.Instance, Movement: a.Movement, Files: a.Media.Files, Fetch: a.Engine}
}

// agenda fills the agenda and the office hours.
func (s *script) agenda(ctx context.Context) error {
	today := time.Now()
	for _, m := range meetings {
		day := today.AddDate(0, 0, m.in)
		for m.on != anyDay && int(day.Weekday()) != m.on || m.draft.Repeat == "monthly_last" && day.AddDate(0, 0, 7).Month() == day.Month() {
			day = day.AddDate(0, 0, 1)
		}
		d := m.draft
		d.Lang, d.Day, d.From, d.To = "fr", day.Format(time.DateOnly), m.from, m.to
		if d.Kind == "" {
			d.Kind = event.KindMeeting
		}
		if d.Zone == "" {
			d.Zone = "Europe/Paris"
		}
		_, place, a := s.split(m.who)
		if m.body != "" {
			d.OrganeID = s.ids[m.body+"@"+place]
		}
		events := event.New(trunk(a))
		p, err := events.Create(ctx, s.viewer(m.who), d)
		if err != nil {
			return fmt.Errorf("%s meets for %q: %w", m.who, d.Title, err)
		}
		for _, who := range m.come {
			if _, err := events.Answer(ctx, s.viewer(who), p.ID, event.Reply{Answer: event.Room}); err != nil && d.Place != "" {
				return fmt.Errorf("%s comes to %q: %w", who, d.Title, err)
			}
		}
		if m.after != "" {
			if err := events.SetStatus(ctx, s.viewer(m.who), p.ID, event.Cancelled, m.after); err != nil {
				return err
			}
		}
	}
	for _, o := range offers {
		_, _, a := s.split(o.who)
		hours := officehours.New(trunk(a))
		o.draft.Zone = "Europe/Paris"
		made, err := hours.Create(ctx, s.viewer(o.who), o.draft)
		if err != nil {
			return fmt.Errorf("%s receives: %w", o.who, err)
		}
		if all := made.Free(time.Now()); len(all) > 2 {
			if _, err := hours.Book(ctx, s.viewer(o.by), made, all[2], officehours.Room, "", "Mon bailleur ne répond plus."); err != nil {
				return fmt.Errorf("%s books: %w", o.by, err)
			}
		}
	}
	return nil
}
