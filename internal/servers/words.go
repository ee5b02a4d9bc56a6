package servers

import (
	"strings"

	"github.com/maillage/maillage/internal/host"
)

// reasons lead from what the queue writes down of a failure to the key of the
// words for it; the first that is found counts.
var reasons = []struct{ part, key string }{
	{"status 410", "gone"}, {"status 404", "missing"}, {"status 401", "refused"}, {"status 403", "refused"},
	{"status 413", "large"}, {"status 429", "busy"}, {"status 5", "broken"}, {"status 4", "other_status"},
	{"no answer in time", "silent"}, {"name not found", "unknown"}, {"connection failed", "off"}, {"certificate", "certificate"},
	{"address not allowed", "address"}, {"redirect", "redirect"}, {"host is blocked", "blocked"}, {"no longer to be sent", "withdrawn"}, {unsigned, "unsigned"},
}

// Reason gives the key of the words for a failure as the queue has it, "" for none.
func Reason(text string) string {
	if text == "" {
		return ""
	}
	for _, r := range reasons {
		if strings.Contains(text, r.part) {
			return "servers.why." + r.key
		}
	}
	return "servers.why.other"
}

// ruleKey gives the key of the words for what holds for a server.
func ruleKey(l host.Level) string { return "servers.rule." + string(l) }

// partly hides the middle of a name, for the public list.
func partly(name string) string {
	r := []rune(name)
	if len(r) < 6 {
		return "***"
	}
	for i := len(r) / 4; i < len(r)-len(r)/4; i++ {
		if r[i] != '.' {
			r[i] = '*'
		}
	}
	return string(r)
}
