package host

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// header is that of the lists that Mastodon's administration exports.
var header = []string{"#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate"}

// maxRows bounds a list that is imported.
const maxRows = 100_000

// Export writes what is laid down as a list of domain blocks.
//
// Spec: Mastodon admin/export_domain_blocks
func (s *Service) Export(ctx context.Context, w io.Writer) error {
	list, err := s.List(ctx)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	for _, p := range list {
		severity := "noop"
		if p.Level == Suspend {
			severity = "suspend"
		}
		if err := out.Write([]string{p.Host, severity, "false", "false", p.Note, "false"}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Import reads such a list, or one of names alone, which are suspended. It is
// taken as a whole or not at all; what is laid down for others stays. Of milder
// measures than a suspension nothing is taken: skipped counts them.
// Errors: KindInvalid with the number of the line.
func (s *Service) Import(ctx context.Context, r io.Reader) (taken, skipped int, err error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.TrimLeadingSpace = -1, true
	columns := map[string]int{"domain": 0}
	var list []Policy
	for line := 1; ; line++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(list) >= maxRows {
			return 0, 0, apperr.Invalid("host.bad_list", line).Wrap(err)
		}
		if line == 1 {
			row[0] = strings.TrimPrefix(row[0], "\ufeff")
			if strings.TrimPrefix(row[0], "#") == "domain" {
				for i, name := range row {
					columns[strings.TrimPrefix(name, "#")] = i
				}
				continue
			}
		}
		p, milder := policyOf(row, columns)
		if milder {
			skipped++
			continue
		}
		p, err = s.clean(p)
		if err != nil {
			return 0, 0, apperr.Invalid("host.bad_list", line).Wrap(err)
		}
		list = append(list, p)
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, p := range list {
			if err := s.put(ctx, tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	return len(list), skipped, err
}

// policyOf reads one row; milder says that it asks for what is not done here.
func policyOf(row []string, columns map[string]int) (p Policy, milder bool) {
	get := func(name string) string {
		if i, ok := columns[name]; ok && i < len(row) {
			return row[i]
		}
		return ""
	}
	p = Policy{Host: get("domain"), Level: Level(get("severity")), Note: get("public_comment")}
	switch p.Level {
	case "":
		p.Level = Suspend
	case "silence":
		return p, true
	case "noop":
		p.Level = None
		return p, get("reject_media") == "true" || get("reject_reports") == "true"
	}
	return p, false
}
