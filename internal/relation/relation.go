package relation

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/text"
)

// Bounds on what somebody may keep.
const (
	MaxNote     = 2000 // characters of a private note
	maxMute     = 10 * 365 * 24 * time.Hour
	maxPerson   = 20000 // blocks, mutes or servers of one person
	maxEndorsed = 200
	maxHost     = 255 // bytes
)

// Block is one row: AccountID blocks TargetID.
type Block struct {
	AccountID int64
	TargetID  int64
	ID        int64
	URI       string
	CreatedAt int64
}

// Service holds the rules on relations.
type Service struct {
	DB       *db.DB
	IDs      *ids.Maker
	Accounts *account.Service

	// Blocked tells the slices above of a new block, Barred that one of ours wants
	// nothing from a server, both inside the transaction.
	Blocked []func(ctx context.Context, tx *db.Tx, who, whom *account.Account) error
	Barred  []func(ctx context.Context, tx *db.Tx, who *account.Account, host string) error
}

// target finds whom somebody means: an account that still exists and is not their own.
func (s *Service) target(ctx context.Context, q db.Q, accountID, targetID int64) (me, target *account.Account, err error) {
	if accountID == targetID {
		return nil, nil, apperr.Invalid("relation.self")
	}
	if me, err = account.ByID(ctx, q, accountID); err != nil {
		return nil, nil, err
	}
	if target, err = account.ByID(ctx, q, targetID); err != nil {
		return nil, nil, err
	}
	if target.DeletedAt != 0 || target.Kind == account.Application {
		return nil, nil, apperr.NotFound("account.not_found")
	}
	return me, target, nil
}

func room(ctx context.Context, q db.Q, table string, accountID int64, most int) error {
	n, err := db.Get[int](ctx, q, `select count(*) from `+table+` where account_id = $1`, accountID)
	if err == nil && n >= most {
		err = apperr.Invalid("relation.too_many", most)
	}
	return err
}

// Block makes accountID block targetID; blocking again is no error.
//
// Spec: Mastodon accounts#block
func (s *Service) Block(ctx context.Context, accountID, targetID int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		me, target, err := s.target(ctx, tx, accountID, targetID)
		if err != nil {
			return err
		}
		if err := room(ctx, tx, "block", accountID, maxPerson); err != nil {
			return err
		}
		b := &Block{me.ID, target.ID, s.IDs.New(), s.Accounts.Base + "/activities/" + ids.Key(), time.Now().UnixMilli()}
		added, err := s.addBlock(ctx, tx, b, me, target)
		if err != nil || !added || target.Local() || !me.Reachable {
			return err
		}
		return sendBlock(ctx, tx, me, target, b)
	})
}

// addBlock stores a block, ours or received, and tells the slices above.
func (s *Service) addBlock(ctx context.Context, tx *db.Tx, b *Block, who, whom *account.Account) (bool, error) {
	n, err := db.Exec(ctx, tx, `insert into block (account_id, target_id, id, uri, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
		b.AccountID, b.TargetID, b.ID, b.URI, b.CreatedAt)
	if err != nil || n == 0 {
		return false, err
	}
	if err := EndorseNoMore(ctx, tx, who.ID, whom.ID); err != nil {
		return false, err
	}
	if err := EndorseNoMore(ctx, tx, whom.ID, who.ID); err != nil {
		return false, err
	}
	for _, hook := range s.Blocked {
		if err := hook(ctx, tx, who, whom); err != nil {
			return false, err
		}
	}
	return true, nil
}

// Unblock lifts a block; follows do not come back by it.
//
// Spec: Mastodon accounts#unblock
func (s *Service) Unblock(ctx context.Context, accountID, targetID int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err := db.Get[Block](ctx, tx, `delete from block where account_id = $1 and target_id = $2
			returning account_id, target_id, id, uri, created_at`, accountID, targetID)
		if apperr.Is(err, apperr.KindNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		me, target, err := s.target(ctx, tx, accountID, targetID)
		if apperr.Is(err, apperr.KindNotFound) {
			return nil // gone in the meantime
		} else if err != nil || target.Local() || !me.Reachable {
			return err
		}
		return sendUnblock(ctx, tx, me, target, &b)
	})
}

// Mute hides what somebody publishes from accountID, and their notifications
// too if asked, for d, or without an end when d is 0. Muting again changes how.
// Errors: KindInvalid with the field "duration".
//
// Spec: Mastodon accounts#mute
func (s *Service) Mute(ctx context.Context, accountID, targetID int64, notifications bool, d time.Duration) error {
	if d < 0 || d > maxMute {
		return apperr.Invalid("relation.bad_duration").Field("duration", "relation.bad_duration")
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, _, err := s.target(ctx, tx, accountID, targetID); err != nil {
			return err
		}
		if err := room(ctx, tx, "mute", accountID, maxPerson); err != nil {
			return err
		}
		now, until := time.Now(), int64(0)
		if d > 0 {
			until = now.Add(d).UnixMilli()
		}
		_, err := tx.Exec(ctx, `insert into mute (account_id, target_id, id, notifications, until, created_at) values ($1, $2, $3, $4, $5, $6)
			on conflict (account_id, target_id) do update set notifications = excluded.notifications, until = excluded.until`,
			accountID, targetID, s.IDs.New(), notifications, until, now.UnixMilli())
		return err
	})
}

// Unmute shows somebody again.
func (s *Service) Unmute(ctx context.Context, accountID, targetID int64) error {
	return s.remove(ctx, "mute", accountID, targetID)
}

func (s *Service) remove(ctx context.Context, table string, accountID, targetID int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1 and target_id = $2`, accountID, targetID)
		return err
	})
}

// Note keeps a private note about somebody; an empty one takes it away.
// Errors: KindInvalid with the field "comment".
//
// Spec: Mastodon accounts#note
func (s *Service) Note(ctx context.Context, accountID, targetID int64, comment string) error {
	comment = text.Clean(comment, MaxNote*4)
	if utf8.RuneCountInString(comment) > MaxNote {
		return apperr.Invalid("relation.note_long", MaxNote).Field("comment", "relation.note_long", MaxNote)
	}
	if comment == "" {
		return s.remove(ctx, "private_note", accountID, targetID)
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, _, err := s.target(ctx, tx, accountID, targetID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into private_note (account_id, target_id, comment, updated_at) values ($1, $2, $3, $4)
			on conflict (account_id, target_id) do update set comment = excluded.comment, updated_at = excluded.updated_at`,
			accountID, targetID, comment, time.Now().UnixMilli())
		return err
	})
}

// Endorse recommends somebody on one's profile; the caller knows that they are followed.
//
// Spec: Mastodon accounts#endorse
func (s *Service) Endorse(ctx context.Context, accountID, targetID int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, _, err := s.target(ctx, tx, accountID, targetID); err != nil {
			return err
		}
		if err := room(ctx, tx, "endorsement", accountID, maxEndorsed); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into endorsement (account_id, target_id, id, created_at) values ($1, $2, $3, $4) on conflict do nothing`,
			accountID, targetID, s.IDs.New(), time.Now().UnixMilli())
		return err
	})
}

// Unendorse takes a recommendation back.
func (s *Service) Unendorse(ctx context.Context, accountID, targetID int64) error {
	return s.remove(ctx, "endorsement", accountID, targetID)
}

// EndorseNoMore takes a recommendation back in the caller's transaction, as that
// of somebody who is no longer followed.
func EndorseNoMore(ctx context.Context, tx *db.Tx, accountID, targetID int64) error {
	_, err := tx.Exec(ctx, `delete from endorsement where account_id = $1 and target_id = $2`, accountID, targetID)
	return err
}

// BlockDomain hides a server from somebody, and ends their follows with its
// people. Errors: KindInvalid with the field "domain".
//
// Spec: Mastodon domain_blocks#block
func (s *Service) BlockDomain(ctx context.Context, accountID int64, host string) error {
	host, err := s.domain(host)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		me, err := account.ByID(ctx, tx, accountID)
		if err != nil {
			return err
		}
		if err := room(ctx, tx, "domain_block", accountID, maxPerson); err != nil {
			return err
		}
		n, err := db.Exec(ctx, tx, `insert into domain_block (account_id, host, id, created_at) values ($1, $2, $3, $4) on conflict do nothing`,
			accountID, host, s.IDs.New(), time.Now().UnixMilli())
		if err != nil || n == 0 {
			return err
		}
		for _, hook := range s.Barred {
			if err := hook(ctx, tx, me, host); err != nil {
				return err
			}
		}
		return nil
	})
}

// UnblockDomain shows a server again.
func (s *Service) UnblockDomain(ctx context.Context, accountID int64, host string) error {
	host, err := s.domain(host)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from domain_block where account_id = $1 and host = $2`, accountID, host)
		return err
	})
}

// domain reads the name of a server as people and apps write it. Our own is no
// server to hide.
func (s *Service) domain(name string) (string, error) {
	name = strings.TrimPrefix(strings.TrimSpace(name), "@")
	if len(name) <= maxHost && !strings.ContainsAny(name, "/?#@! ") {
		if host := as.Host("https://" + name); strings.ContainsAny(host, ".:") && host != s.Accounts.Host {
			return host, nil
		}
	}
	return "", apperr.Invalid("relation.bad_domain").Field("domain", "relation.bad_domain")
}

// Erase forgets what an account laid down, and what others did about it.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, table := range []string{"block", "mute", "private_note", "endorsement"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1 or target_id = $1`, accountID); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `delete from domain_block where account_id = $1`, accountID)
	return err
}
