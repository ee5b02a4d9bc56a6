package instance_test

import (
	"testing"
	"time"

	"github.com/maillage/maillage/internal/testkit"
)

// TestPoliciesNeverChanged: what nobody has changed yet is as old as the instance, not
// of 1970.
func TestPoliciesNeverChanged(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	for _, path := range []string{"extended_description", "privacy_policy"} {
		var got struct {
			UpdatedAt time.Time `json:"updated_at"`
		}
		if c := n.Client("ana").Get("/api/v1/instance/"+path, &got); c.Status != 200 || time.Since(got.UpdatedAt) > time.Hour || time.Until(got.UpdatedAt) > time.Hour {
			t.Errorf("%s: %d, of %v", path, c.Status, got.UpdatedAt)
		}
	}
}
