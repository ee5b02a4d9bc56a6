package account

import (
	"net/http"

	"github.com/maillage/maillage/internal/masto"
)

// needsConsent is the error of who publishes for everyone without having agreed to it.
const needsConsent = "post.needs_consent"

// Guarded answers requests that may need a consent. Apps show the sentence of
// an error and nothing else, so it ends with the address of the page on which
// the consent is given.
func Guarded(h masto.Handler) masto.Handler {
	return func(r *masto.Req) error {
		err := h(r)
		kind, ok := ConsentAsked(err)
		if !ok {
			return err
		}
		return r.JSON(http.StatusUnprocessableEntity, masto.Error{Error: r.ErrorText(err) + " " + r.BaseURL() + "/reglages/accord?pour=" + kind})
	}
}
