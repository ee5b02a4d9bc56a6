package host

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
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
	return write(csv.NewWriter(w), list)
}

func write(out *csv.Writer, list []Policy) error {
	if err := out.Write(header); err != nil {
		return err
	}
	for _, p := range list {
		severity := string(p.Level)
		if p.Level == None {
			severity = "noop"
		}
		if err := out.Write([]string{p.Host, severity, strconv.FormatBool(p.RejectMedia), strconv.FormatBool(p.RejectReports),
			p.Public, strconv.FormatBool(p.Obfuscate)}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Import is ImportBy for the command line.
func (s *Service) Import(ctx context.Context, r io.Reader) (int, error) { return s.ImportBy(ctx, 0, r) }

// ImportBy reads such a list, or one of names alone, which are suspended. It is
// taken as a whole or not at all; what is laid down for others stays, and so do
// the notes of those that it names, which no list carries.
// Errors: KindInvalid with the number of the line, or for a list of allowed servers.
//
// Spec: Mastodon admin/domain_blocks
func (s *Service) ImportBy(ctx context.Context, by int64, r io.Reader) (taken int, err error) {
	list, err := s.readList(r)
	if err != nil {
		return 0, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, p := range list {
			old, err := db.Get[Policy](ctx, tx, `select `+columns+` from host_policy where host = $1`, p.Host)
			if err == nil {
				p.Note = old.Note
				old.CreatedAt = p.CreatedAt
			} else if !apperr.Is(err, apperr.KindNotFound) {
				return err
			}
			if err == nil && old == p {
				continue
			}
			if err := s.put(ctx, tx, by, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(list), s.changed(ctx)
}

func (s *Service) readList(r io.Reader) ([]Policy, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.TrimLeadingSpace = -1, true
	columns := map[string]int{"domain": 0}
	var list []Policy
	for line := 1; ; line++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil || len(list) >= maxRows {
			return nil, apperr.Invalid("host.bad_list", line).Field("file", "host.bad_list", line).Wrap(err)
		}
		if line == 1 {
			row[0] = strings.TrimPrefix(row[0], "\ufeff")
			if len(row) == 1 && row[0] == header[0] {
				// Mastodon writes the servers that it allows so: nobody means to cut those.
				return nil, apperr.Invalid("host.allow_list").Field("file", "host.allow_list")
			}
			if strings.TrimPrefix(row[0], "#") == "domain" {
				for i, name := range row {
					columns[strings.TrimPrefix(name, "#")] = i
				}
				continue
			}
		}
		p, err := s.clean(policyOf(row, columns))
		if err != nil {
			return nil, apperr.Invalid("host.bad_list", line).Field("file", "host.bad_list", line).Wrap(err)
		}
		list = append(list, p)
	}
}

// policyOf reads one row.
func policyOf(row []string, columns map[string]int) Policy {
	get := func(name string) string {
		if i, ok := columns[name]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	yes := func(name string) bool { return strings.EqualFold(get(name), "true") }
	p := Policy{Host: get("domain"), Level: Level(strings.ToLower(get("severity"))), RejectMedia: yes("reject_media"),
		RejectReports: yes("reject_reports"), Public: get("public_comment"), Obfuscate: yes("obfuscate")}
	switch p.Level {
	case "":
		p.Level = Suspend
	case "noop":
		p.Level = None
	}
	return p
}
