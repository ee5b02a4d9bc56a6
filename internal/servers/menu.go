package servers

import (
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// Menu leads to the pages of administration about other servers, for pages of
// slices above that stand among them.
func Menu(c *httpx.Ctx) []web.Tab { return menu(c) }
