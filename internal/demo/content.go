package demo

import "github.com/maillage/maillage/internal/post"

// Password opens every account of the demo.
const Password = "maillage-demo"

type place struct {
	key, name, level, parent, accent, mark string
	sentence, about                        string
	people                                 []person
}

type person struct {
	name, display, note string
	role                string
	public              bool
}

// movement are the four instances, from the top of the tree down.
var movement = []place{
	{"national", "Mouvement des communes", "national", "", "framboise", "mesh",
		"Partout où l’on vit, décider ensemble de ce qui nous est commun.",
		"Le bureau national coordonne les campagnes, répond aux propositions des sections et tient l’agenda commun.", []person{
			{"helene", "Hélène Marchand", "Porte-parole du mouvement. Ancienne institutrice à Saint-Étienne.", "admin", true},
			{"youssef", "Youssef Benali", "Je tiens l’agenda national et je réponds à toutes les questions sur les campagnes.", "", true},
		}},
	{"isere", "Fédération de l’Isère", "federation", "", "outremer", "river",
		"De Voiron à Bourgoin, les sections de l’Isère avancent ensemble.",
		"La fédération réunit les sections du département. Elle se réunit le premier lundi du mois.", []person{
			{"paul", "Paul Rey", "Secrétaire fédéral. Ingénieur dans le train, convaincu du train.", "admin", true},
			{"lucie", "Lucie Perrin", "Référente transports de la fédération.", "", true},
		}},
	{"grenoble", "Grenoble-Centre", "section", "Isère", "petrole", "ridge",
		"Nous nous réunissons, nous débattons et nous agissons à Grenoble.",
		"La section Grenoble-Centre se réunit deux fois par mois à la Maison des associations. Venez comme vous êtes.", []person{
			{"nadia", "Nadia Ferrand", "Secrétaire de la section Grenoble-Centre. Kinésithérapeute.", "admin", true},
			{"awa", "Awa Diop", "Référente logement. On ne lâche rien sur les charges.", "moderator", true},
			{"karim", "Karim Haddad", "Trésorier de la section, jardinier le dimanche.", "", false},
			{"ines", "Inès Carrel", "Étudiante en droit. Je prends les notes des réunions.", "", false},
		}},
	{"voiron", "Voiron et environs", "section", "Isère", "sapin", "fold",
		"De Coublevie à Rives, une section de voisines et de voisins.",
		"Nous nous retrouvons le jeudi à 18 h, à la permanence de la rue Grande.", []person{
			{"solene", "Solène Brun", "Conseillère municipale à Voiron. Permanence le jeudi à 18 h.", "admin", true},
			{"marc", "Marc Tissot", "Agriculteur à Coublevie, référent alimentation.", "", true},
		}},
}

// follows are who follows whom, "who@place".
var follows = [][2]string{
	{"nadia@grenoble", "awa@grenoble"}, {"nadia@grenoble", "karim@grenoble"}, {"nadia@grenoble", "helene@national"},
	{"nadia@grenoble", "paul@isere"}, {"nadia@grenoble", "solene@voiron"}, {"nadia@grenoble", "lucie@isere"}, {"nadia@grenoble", "youssef@national"},
	{"awa@grenoble", "nadia@grenoble"}, {"awa@grenoble", "marc@voiron"}, {"awa@grenoble", "helene@national"},
	{"karim@grenoble", "awa@grenoble"}, {"ines@grenoble", "nadia@grenoble"}, {"ines@grenoble", "awa@grenoble"},
	{"solene@voiron", "nadia@grenoble"}, {"solene@voiron", "paul@isere"}, {"solene@voiron", "marc@voiron"}, {"solene@voiron", "awa@grenoble"}, {"solene@voiron", "lucie@isere"},
	{"marc@voiron", "solene@voiron"}, {"marc@voiron", "awa@grenoble"}, {"marc@voiron", "lucie@isere"},
	{"paul@isere", "helene@national"}, {"paul@isere", "nadia@grenoble"}, {"paul@isere", "solene@voiron"}, {"paul@isere", "lucie@isere"},
	{"lucie@isere", "paul@isere"}, {"lucie@isere", "helene@national"}, {"lucie@isere", "awa@grenoble"},
	{"helene@national", "paul@isere"}, {"helene@national", "youssef@national"}, {"youssef@national", "helene@national"}, {"youssef@national", "nadia@grenoble"},
	{"nadia@grenoble", "conseil@isere"}, {"nadia@grenoble", "coordination@national"}, {"solene@voiron", "conseil@isere"}, {"solene@voiron", "coordination@national"},
	{"paul@isere", "coordination@national"}, {"lucie@isere", "bureau@grenoble"}, {"helene@national", "conseil@isere"},
}

// entry is one post; a reply names the entry it answers.
type entry struct {
	key, who, replyTo string
	audience          post.Audience
	text              string
}

// posts are a few days of conversation. %key% is replaced by the host of a place.
var posts = []entry{
	{"trains", "paul@isere", "", post.Public, "Le bureau fédéral demande un train toutes les demi-heures entre 6 h et 21 h sur les trois branches, et le maintien des guichets de Voiron et de Rives. Le texte a été adopté par 41 voix contre 3.\n\n#transports #Isère"},
	{"tarif", "helene@national", "", post.Public, "Un tarif solidaire unique pour les cantines : trois sections l’ont proposé, nous y répondrons avant le 15 janvier. Écrivez-nous ce que vous voyez chez vous, dans les villes comme dans les villages. #cantines"},
	{"facture", "awa@grenoble", "", post.Public, "Ce matin au marché, trente conversations en deux heures. Ce qui revient : les charges de chauffage, et la peur de l’avis d’échéance de janvier. On prépare une permanence « lire sa facture » avec l’association des locataires. Qui peut venir le mardi soir ? #logement"},
	{"mardi", "marc@voiron", "facture", post.Public, "@awa@%grenoble% À Voiron, nous l’avons fait en mars : prévoyez une table par bailleur, les factures ne se lisent pas pareil. Je vous envoie notre fiche."},
	{"merci", "awa@grenoble", "mardi", post.Public, "@marc@%voiron% Merci Marc ! Avec votre fiche, nous gagnons une soirée de travail."},
	{"salle", "karim@grenoble", "", post.Section, "La salle 204 de la Maison des associations est réservée pour le 12 décembre. Il me manque deux personnes pour installer à 17 h 30."},
	{"installer", "ines@grenoble", "salle", post.Section, "@karim Je viens, avec les rallonges et la cafetière."},
	{"tract", "nadia@grenoble", "", post.Section, "Tractage mercredi à 7 h 30, gare et cours Berriat. Il nous manque deux personnes. Le café est offert par la section, la bonne humeur aussi."},
	{"guichet", "solene@voiron", "trains", post.Public, "@paul@%isere% Le conseil municipal de Voiron vient de voter un vœu dans le même sens, à l’unanimité. Je vous transmets la délibération."},
	{"marche", "marc@voiron", "", post.Public, "Première livraison de légumes à la cantine de Coublevie ce matin. 140 repas, 70 % de produits à moins de 20 km. Le plus dur n’est pas de produire, c’est le marché public. #alimentation #cantines"},
	{"cantine", "helene@national", "marche", post.Public, "@marc@%voiron% Voilà un exemple que nous voulons raconter partout. Accepteriez-vous de l’expliquer en vingt minutes lors du prochain direct ?"},
	{"campagne", "youssef@national", "", post.Movement, "Les affiches de la campagne « L’eau est à nous » sont prêtes. Chaque section les reçoit sous dix jours ; dites-nous combien il vous en faut. #eau"},
	{"affiches", "nadia@grenoble", "campagne", post.Movement, "@youssef@%national% Deux cents pour Grenoble-Centre, et une cinquantaine de petits formats pour les commerces."},
	{"ligne", "lucie@isere", "", post.Public, "Comptage ce matin en gare de Moirans : 63 personnes debout dans le 7 h 42, et deux vélos laissés sur le quai. Je cherche des volontaires pour recommencer jeudi dans les autres gares. #transports"},
	{"volontaire", "nadia@grenoble", "ligne", post.Public, "@lucie@%isere% Je prends Grenoble-Universités, de 7 h à 8 h 30."},
	{"abonnes", "awa@grenoble", "", post.Followers, "Pour celles et ceux qui suivent le dossier de la rue Ampère : rendez-vous avec le bailleur confirmé vendredi. Je publierai le compte rendu le soir même."},
	{"bienvenue", "nadia@grenoble", "", post.Section, "Bienvenue à Inès, qui nous rejoint ! Elle prendra les notes de nos réunions, vous les trouverez ici dès le lendemain."},
}

// boosts and likes are "who@place" of an entry.
var (
	boosts = [][2]string{{"nadia@grenoble", "trains"}, {"helene@national", "marche"}, {"paul@isere", "facture"}, {"solene@voiron", "ligne"}}
	likes  = [][2]string{{"nadia@grenoble", "facture"}, {"solene@voiron", "marche"}, {"marc@voiron", "facture"}, {"paul@isere", "guichet"}, {"helene@national", "trains"}, {"ines@grenoble", "tract"}}
)
