package demo

import (
	"context"
	"fmt"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/organe"
)

// body is a body of the demonstration, made by an administrator, and who acts in its name.
type body struct {
	admin, username string
	said            organe.Said
	acting          []string // names of the same place
}

// bodies are at least one on each level.
var bodies = []body{
	{"helene@national", "coordination", organe.Said{Name: "Coordination nationale", Note: "Elle prépare les rencontres des sections et répond des comptes. Écrivez-lui avant chaque premier lundi du mois."}, []string{"helene", "youssef"}},
	{"paul@isere", "conseil", organe.Said{Name: "Conseil fédéral de l’Isère", Note: "Deux délégués par section. Ses séances sont ouvertes à tout le monde."}, []string{"paul", "lucie"}},
	{"nadia@grenoble", "bureau", organe.Said{Name: "Bureau de Grenoble-Centre", Note: "Élu chaque automne par la section. Il se réunit un lundi sur deux."}, []string{"nadia", "awa", "karim"}},
	{"solene@voiron", "bureau", organe.Said{Name: "Bureau de Voiron", Note: "Trois personnes, un mandat d’un an."}, []string{"solene", "marc"}},
}

// organes makes the bodies; they are followed like people.
func (s *script) organes(ctx context.Context) error {
	for _, b := range bodies {
		_, place, a := s.split(b.admin)
		v := s.viewer(b.admin)
		v.Role = auth.RoleAdmin
		o, err := a.Organes.Create(ctx, v, b.username, b.said)
		if err != nil {
			return fmt.Errorf("organe %s: %w", b.username, err)
		}
		s.ids[b.username+"@"+place] = o.AccountID
		for _, who := range b.acting {
			if _, err := a.Organes.Appoint(ctx, v, o.AccountID, who); err != nil {
				return fmt.Errorf("%s acts in %s: %w", who, b.username, err)
			}
		}
	}
	return nil
}
