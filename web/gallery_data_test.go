package web

import (
	"time"
)

type weekRow struct {
	Mark        Mark
	Title, Text string
}

type galleryView struct {
	Todo     Tasks
	Tabs     []Tab
	Composer Composer
	Date     Mark
	Seal     Mark
	Group    Mark
	Docket   Mark
	Marks    []Mark
	Posts    []PostCard
	Pages    Pagination
	Week     []weekRow
	Note     Note
	Notes    []Note
	Tags     []Tag
	Fields   []Field
	Summary  ErrorSummary
	Author   Author
	Act      Act
	Since    time.Time
	Lines    []AccountLine
	Empty    Empty
}

func day(d, h, m int) time.Time { return time.Date(2026, 12, d, h, m, 0, 0, paris) }

var (
	awa     = Author{Name: "Awa Diop", Handle: "awa", Role: "référente logement", URL: "/@awa", Tint: 4}
	camille = Author{Name: "Camille Oster", Handle: "camille@mastodon.example", Outside: true, Software: "Mastodon", URL: "/@camille@mastodon.example"}
	sophie  = Author{Name: "Sophie Arnaud", Handle: "sophie", Role: "association des locataires", Guest: true, URL: "/@sophie"}
	lucie   = Author{Name: "Lucie Morel", Handle: "lucie@echirolles.example", Role: "section Échirolles", URL: "/@lucie@echirolles.example", Tint: 1}
)

func galleryPosts() []PostCard {
	now := galleryNow()
	return []PostCard{
		{
			ID: "11", URL: "/@awa/11", Author: awa, Audience: "public", CreatedAt: now.Add(-2 * time.Hour), Lang: "fr", RepliesCount: 7,
			HTML:     `<p>Ce matin au marché, trente conversations en deux heures. Ce qui revient : les charges de chauffage, et la peur de l'avis d'échéance de janvier. On prépare une permanence « lire sa facture » avec l'association des locataires. Qui peut venir le mardi soir ?</p>`,
			Media:    []Media{{Kind: "image", URL: "/media/market.svg", Alt: "les étals du marché sous la halle, au petit matin.", Width: 556, Height: 230}},
			CanReply: true, CanBoost: true, CanBookmark: true, CanFavourite: true, CanEdit: true, CanDelete: true, Boosted: true,
		},
		{
			ID: "12", URL: "/@camille@mastodon.example/12", Author: camille, CreatedAt: now.Add(-40 * time.Minute), Lang: "fr", ReplyTo: &Link{"Awa Diop", "/@awa/11"},
			HTML:     `<p>Je travaille au service social du quartier : beaucoup de gens ignorent le chèque énergie. Je peux passer une heure un mardi, avec les formulaires.</p>`,
			CanReply: true, CanBoost: true, CanBookmark: true, CanFavourite: true, OriginalURL: "https://mastodon.example/@camille/12",
		},
		{
			ID: "13", URL: "/@lucie/13", Author: lucie, Audience: "movement", CreatedAt: now.Add(-26 * time.Hour), EditedAt: now.Add(-25 * time.Hour), Lang: "fr", CW: "Question d'argent", BoostedBy: &Link{"Awa Diop", "/@awa"},
			HTML:     `<p>Voici le budget : <a href="https://exemple.example/une/tres/longue/adresse/qui/ne/se/coupe/pas/du/tout/et/continue/encore"><span class="invisible">https://</span><span class="ellipsis">exemple.example/une/tres/lon</span><span class="invisible">gue/adresse</span></a> <a href="/tags/budget" class="mention hashtag">#<span>budget</span></a></p>`,
			CanReply: true, CanBookmark: true, Bookmarked: true,
		},
	}
}

func galleryThread() []PostCard {
	posts := []PostCard{
		{Number: 19, Author: lucie, ReplyToNumber: 12, ReplyTo: &Link{"Awa", "#post-112"}, HTML: `<p>Chez nous, sur 40 annonces relevées en octobre, 26 dépassent le loyer de référence de plus de 10 %. Je peux mettre le relevé en commun, sans les adresses.</p>`},
		{Number: 20, Author: camille, ReplyToNumber: 19, ReplyTo: &Link{"Lucie", "#post-119"}, HTML: `<p>Attention, les résidences étudiantes privées contournent déjà avec des « services ». Il faut les nommer dans la demande, sinon elles passeront au travers.</p>`},
		{Number: 21, Removed: true, RemovedWords: "Message retiré par la modération lundi 30 novembre : il donnait l'adresse d'une personne."},
		{Number: 22, Author: sophie, ReplyToNumber: 12, ReplyTo: &Link{"Awa", "#post-112"}, HTML: `<p>Nous tenons un guichet deux fois par mois. Sur 60 dossiers, 11 seulement vont jusqu'au bout, faute d'accompagnement. Le contrôle doit partir de là.</p>`},
	}
	for i := range posts {
		p := &posts[i]
		p.ID = "1" + string(rune('0'+p.Number/10)) + string(rune('0'+p.Number%10))
		p.URL, p.Lang, p.Audience, p.CreatedAt = "/@x/"+p.ID, "fr", "public", galleryNow().Add(-time.Duration(50-i)*time.Hour)
		p.CanReply, p.CanBookmark = true, true
	}
	return posts
}

func galleryChoices() []AudienceChoice {
	return []AudienceChoice{
		{Key: "section", Consequence: "142 personnes, rien ne sort d'ici", Checked: true},
		{Key: "movement", Consequence: "les 27 sections et fédérations affiliées", Disabled: true},
		{Key: "followers", Consequence: "38 personnes, sur 12 serveurs"},
		{Key: "public"},
		{Key: "direct"},
	}
}

func galleryData(name string) galleryView {
	fields := []Field{
		{Name: "login", Label: "Adresse e-mail ou nom d'utilisateur", Autocomplete: "username", Value: "fatou.cisse@courriel.example", Required: true},
		{Name: "password", Label: "Mot de passe", Type: "password", Autocomplete: "current-password", Required: true},
	}
	if name == "errors" || name == "components" {
		fields = []Field{
			{Name: "title", Label: "Titre", Value: "Atelier : lire sa facture de chauffage"},
			{Name: "place", Label: "Lieu", Hint: "Une adresse, ou rien si tout se passe à distance", Error: "Donnez une adresse, ou cochez « À distance »."},
			{Name: "remote", Label: "À distance aussi", Hint: "Le lien ne sera montré qu'aux inscrits", Type: "checkbox"},
			{Name: "seats", Label: "Places dans la salle", Hint: "Au-delà, une liste d'attente s'ouvre toute seule", Error: "Écrivez un nombre, par exemple 40.", Value: "une quarantaine", Short: true, Optional: true},
			{Name: "who", Label: "Qui pourra la voir ?", Type: "radio", Choices: []Choice{
				{Value: "section", Label: "Ma section", Hint: "142 personnes. Ne quitte jamais ce serveur.", Icon: "house"},
				{Value: "movement", Label: "Le mouvement", Hint: "Les sections affiliées", Icon: "waypoints", Checked: true},
				{Value: "public", Label: "Tout le monde", Hint: "Aussi sur le web, Mobilizon et Mastodon", Icon: "globe"}}},
			{Name: "text", Label: "Texte", Type: "textarea"},
			{Name: "lang", Label: "Langue", Type: "select", Choices: []Choice{{Value: "fr", Label: "Français", Checked: true}, {Value: "en", Label: "English"}}},
		}
		fields[5].Name = "words"
	}
	v := galleryView{
		Todo: Tasks{Total: 6, AllURL: "#todo", Rows: []Task{
			{Verb: "Voter", Title: "Quel nom pour la future maison de quartier ?", Text: "Consultation de section, 4 minutes.", Deadline: "Jusqu'à dimanche 6 décembre à 20 h", Late: true, URL: "#1"},
			{Verb: "Répondre", Title: "Viendrez-vous à la réunion de section du 12 décembre ?", Text: "31 personnes ont répondu, 9 places restent dans la salle", URL: "#2"},
			{Verb: "Finir", Title: "Formation « Prendre la parole en réunion », module 3 sur 4", Text: "Commencée le 18 novembre, encore 12 minutes", URL: "#3"},
		}},
		Tabs:     []Tab{{"Ma section", "#a", true}, {"Le mouvement", "#b", false}, {"Mes groupes", "#c", false}, {"Fediverse", "#d", false}},
		Composer: Composer{Action: "/post", CSRF: "token", Choices: galleryChoices(), Placeholder: "Qu'avez-vous à dire à la section ?", Idempotency: "k", Language: "fr", MaxChars: 5000},
		Date:     Mark{Kind: "date", When: day(12, 18, 0)},
		Seal:     Mark{Kind: "official", Initials: "BF"},
		Group:    Mark{Kind: "group", Icon: "building-2"},
		Docket:   Mark{Kind: "docket", Number: 14, Year: 2026},
		Posts:    galleryPosts(),
		Pages:    Pagination{Older: "?max_id=13"},
		Week: []weekRow{
			{Mark{Kind: "date", When: day(2, 7, 30), Small: true}, "Tractage, gare et cours Berriat", "7 h 30, il manque 2 personnes"},
			{Mark{Kind: "date", When: day(3, 18, 0), Small: true}, "Permanence de Solène Brun, élue", "18 h à 20 h, 3 créneaux libres"},
			{Mark{Kind: "date", When: day(4, 20, 30), Small: true}, "Fédération : les budgets locaux, en direct", "20 h 30, en visio"},
		},
		Note:    Note{Kind: "outside", Text: "Ce groupe se lit aussi depuis Mastodon, Lemmy et le web. Les 7 invités ne sont pas du mouvement : ils écrivent ici, mais ne voient ni la liste des membres ni les votes."},
		Notes:   []Note{{"success", "Votre place est retenue.", "Nous vous le rappellerons vendredi."}, {"danger", "Le document n'est pas parti.", "Il pèse 42 Mo, la limite est 40 Mo. Votre texte est gardé."}, {"outside", "", "Ce groupe se lit aussi depuis Mastodon."}, {"", "Bon à savoir.", "Rien ne presse."}},
		Tags:    []Tag{{Text: "Invité"}, {"Réponse attendue", "clock", "accent"}, {"Prise en compte", "circle-check", "success"}, {"En retard", "triangle-alert", "danger"}, {"Officiel", "badge-check", "official"}, {"Mastodon", "globe", "outside"}},
		Fields:  fields,
		Summary: ErrorSummary{Text: "Rien n'est perdu : votre texte est gardé tel quel, la réunion n'est pas encore publiée.", Errors: []FieldError{{"place", "Le lieu manque : donnez une adresse ou cochez « À distance »"}, {"seats", "Le nombre de places doit être un nombre, par exemple 40"}}},
		Author:  awa, Act: Act{Label: "Suivre", URL: "/follow", Icon: "user-plus"}, Since: day(1, 0, 0),
		Lines: []AccountLine{{Author: lucie, Text: "Mère, cycliste, trésorière.", Acts: []Act{{Label: "Suivi", URL: "/unfollow", Style: "pressed", Icon: "check"}}}, {Author: camille, Acts: []Act{{Label: "Suivre", URL: "/follow"}}}},
		Empty: Empty{Icon: "calendar-plus", Title: "Aucune réunion en janvier", Text: "L'agenda réunit les rendez-vous de la section, de la fédération et de vos groupes. Le premier de l'année attend quelqu'un.", Link: &Link{"Proposer une réunion", "#new"}},
		Marks: []Mark{awa.Mark(), sophie.Mark(), camille.Mark(), {Kind: "group", Icon: "building-2"}, {Kind: "official", Initials: "BF"}, {Kind: "date", When: day(12, 18, 0)}, {Kind: "date", When: day(1, 18, 0), Past: true}, {Kind: "docket", Number: 14, Year: 2026}},
	}
	switch name {
	case "thread":
		v.Posts = galleryThread()
		v.Composer = Composer{Action: "/post", CSRF: "token", ReplyTo: "119", ReplyToName: "Lucie Morel", Choices: galleryChoices()[3:4]}
	case "components":
		v.Composer.Choices[0].Checked = true
	case "public":
		v.Posts = v.Posts[:2]
		for i := range v.Week {
			v.Week[i].Mark.Small = false
		}
	}
	return v
}
