package i18n

import "golang.org/x/text/language"

// Choose picks the language of a page: the account's setting, else the cookie,
// else the first language of the browser that we speak, else the default.
// Values that name no language of ours are passed over.
func Choose(account, cookie, acceptLanguage string) string {
	if Known(account) {
		return account
	}
	if Known(cookie) {
		return cookie
	}
	if len(acceptLanguage) > 300 {
		return Default
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return Default
	}
	for _, tag := range tags {
		if base, _ := tag.Base(); Known(base.String()) {
			return base.String()
		}
	}
	return Default
}
