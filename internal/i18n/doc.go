// Package i18n turns message keys into sentences, and dates and numbers into
// words, in the languages that the product speaks.
//
// Each package brings its own fr.yaml and en.yaml; a Bundle merges them. Keys
// are flat and start with the name of the package that owns them:
//
//	post.publish: Publier
//	post.greeting: Bonjour {{.Name}}
//	post.replies:
//	  one: "{{.Count}} réponse"
//	  other: "{{.Count}} réponses"
//
// Invariants: a key is defined once per language; a missing key never breaks a
// page, it shows as ⟦key⟧ and is recorded (Bundle.Missing) for the contract
// test. Translators write plain apostrophes and spaces: the typographic
// setting of the language is applied on the way out by the function given to
// New.
//
// Adding a language is adding a file and one line in Languages.
package i18n
