package demo

import (
	"context"
	"fmt"

	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
)

// circle is a group of the demonstration, with whom it gathers and what they say:
// in an open one, people who are known to everyone.
type circle struct {
	owner   string
	group   group.New
	members []string // of any place
	threads []thread
}

// thread is a first message and its answers, in order.
type thread struct {
	who, title, text string
	answers          []said
	summary          group.Summary
}

type said struct{ who, text string }

var circles = []circle{
	{"awa@grenoble", group.New{Username: "logement", Rules: group.Rules{Name: "Logement", Icon: "building-2", Access: group.Open, Joining: group.Free, Posting: group.Everyone,
		Note: "Loyers, charges, rénovation : ce que nous voyons, ce que nous demandons.", Charter: "On parle de ce qu’on a vécu ou lu, on cite ses sources, on ne donne l’adresse de personne."}},
		[]string{"karim@grenoble", "ines@grenoble", "nadia@grenoble", "lucie@isere", "marc@voiron", "solene@voiron"},
		[]thread{
			{"nadia@grenoble", "Encadrement des loyers : que demander à la métropole ?", "Le vote est en février. Il nous faut une demande courte, que tout le monde puisse expliquer sur un palier.",
				[]said{
					{"solene@voiron", "Le zonage d’abord : sans lui, l’encadrement ne touche que l’hypercentre."},
					{"marc@voiron", "Chez nous les petits bailleurs demandent surtout comment déclarer. Un guichet aiderait les deux côtés."},
					{"nadia@grenoble", "Je propose qu’on garde deux demandes seulement, le zonage et le contrôle. Le reste brouille le message."},
					{"lucie@isere", "D’accord pour deux demandes. La fédération peut porter le guichet ailleurs."},
				},
				group.Summary{Agreed: "- Deux demandes seulement : zonage et contrôle (1, 3, 4)", Debated: "- Un guichet pour les bailleurs (2)", NextStep: "Nadia écrit le texte d’une page pour samedi."}},
			{"awa@grenoble", "Charges de chauffage : rassemblons les avis d’échéance", "Envoyez une photo sans votre nom. Je les lis à la permanence du mardi.",
				[]said{{"nadia@grenoble", "J’en ai trois de ma rue, toutes au-dessus de mille euros."}}, group.Summary{}},
		}},
	{"karim@grenoble", group.New{Username: "marche", Rules: group.Rules{Name: "Marché du samedi", Icon: "megaphone", Access: group.Section, Joining: group.Free, Posting: group.Members,
		Note: "Qui tient la table, qui apporte quoi."}},
		[]string{"nadia@grenoble", "awa@grenoble"},
		[]thread{{"karim@grenoble", "Samedi : il manque une rallonge", "Et deux paires de bras à 8 h 30.", []said{{"awa@grenoble", "J’apporte la rallonge."}}, group.Summary{}}}},
}

func (s *script) groups(ctx context.Context) error {
	for _, c := range circles {
		_, place, a := s.split(c.owner)
		g, err := a.Groups.Create(ctx, s.viewer(c.owner), c.group)
		if err != nil {
			return fmt.Errorf("group %s: %w", c.group.Username, err)
		}
		known := map[string]int64{place: g.AccountID} // by place
		for _, who := range c.members {
			_, there, b := s.split(who)
			if known[there] == 0 {
				if known[there], err = b.Engine.Account(ctx, c.group.Username, s.host(place)); err != nil {
					return fmt.Errorf("%s looks for %s: %w", who, c.group.Username, err)
				}
			}
			if err := b.Follows.Follow(ctx, s.ids[who], known[there], nil); err != nil {
				return fmt.Errorf("%s joins %s: %w", who, c.group.Username, err)
			}
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
		for _, t := range c.threads {
			if err := s.discuss(ctx, c, place, known, t); err != nil {
				return fmt.Errorf("%q: %w", t.title, err)
			}
		}
	}
	return nil
}

// discuss plays a thread: each answer is to the first message, as its author's place knows it.
func (s *script) discuss(ctx context.Context, c circle, place string, known map[string]int64, t thread) error {
	_, at, a := s.split(t.who)
	audience := post.Public
	if c.group.Access != group.Open {
		audience = post.Group
	}
	first, err := a.Posts.Create(ctx, s.viewer(t.who), post.Draft{Title: t.title, Text: t.text, Lang: "fr", Audience: audience, Parts: group.Into(known[at])})
	if err != nil {
		return err
	}
	s.posts[t.title] = first
	for _, r := range t.answers {
		if err := s.settle(ctx); err != nil {
			return err
		}
		_, there, b := s.split(r.who)
		parent, err := s.find(ctx, there, t.title)
		if err != nil {
			return err
		}
		if _, err := b.Posts.Create(ctx, s.viewer(r.who), post.Draft{Text: r.text, Lang: "fr", ReplyTo: parent.ID}); err != nil {
			return err
		}
	}
	if t.summary == (group.Summary{}) {
		return nil
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	home, err := s.find(ctx, place, t.title)
	if err != nil {
		return err
	}
	return s.apps[place].Groups.Summarise(ctx, s.viewer(c.owner), home.ID, t.summary)
}
