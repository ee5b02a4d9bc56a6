package auth

import (
	"slices"
	"strconv"

	"github.com/maillage/maillage/internal/db"
)

// endedTopic carries which token ("t12") or whose tokens ("a34") may no longer
// be worth what they were, between the nodes of an instance.
const endedTopic = "auth.ended"

func tellToken(tx *db.Tx, id int64) { tx.Tell(endedTopic, "t"+strconv.FormatInt(id, 10)) }

func tellAccount(tx *db.Tx, id int64) { tx.Tell(endedTopic, "a"+strconv.FormatInt(id, 10)) }

// OnEnd has f called when a token ended or its owner's rights changed: one of
// the two ids is 0, both when any token may have. What a token opened and is
// still open is then checked again with ByToken. f must be quick.
func (s *Service) OnEnd(f func(accountID, tokenID int64)) {
	s.emu.Lock()
	defer s.emu.Unlock()
	s.onEnd = append(slices.Clone(s.onEnd), f)
}

// heard forgets what it knew of the tokens that text names.
func (s *Service) heard(text string) {
	var accountID, tokenID int64
	if len(text) > 1 {
		id, _ := strconv.ParseInt(text[1:], 10, 64)
		if text[0] == 'a' {
			accountID = id
		} else {
			tokenID = id
		}
	}
	s.cache.forget(func(v *Viewer) bool {
		return accountID == 0 && tokenID == 0 || v.AccountID == accountID && accountID != 0 || v.TokenID == tokenID
	})
	s.emu.Lock()
	fs := s.onEnd
	s.emu.Unlock()
	for _, f := range fs {
		f(accountID, tokenID)
	}
}
